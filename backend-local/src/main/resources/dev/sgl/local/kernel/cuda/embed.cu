#include "numbers.cuh"
#include "tokens.cuh"

// x[r] = table[tokens[r]]; a block a row.
extern "C" __global__ void embed(const int* batch, int rowsAt, int tokensAt, const int* picked, const half16* table,
                                 float* x, int hidden) {
  Tokens tokens = {batch, rowsAt, tokensAt, picked};
  int token = tokens.of(blockIdx.x);
  if (token < 0) return;
  const half16* from = table + (long long)token * hidden;
  for (int i = threadIdx.x; i < hidden; i += blockDim.x) x[(long long)blockIdx.x * hidden + i] = widen(from[i]);
}
