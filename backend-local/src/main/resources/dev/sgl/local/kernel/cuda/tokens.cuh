// The tokens of a batch: a negative one is the answer to a draw of the batch before.
struct Tokens {
  const int* batch;
  int rowsAt, tokensAt;
  const int* picked;

  // The token of a row; -1 if there is no such row.
  __device__ __forceinline__ int of(int row) const {
    if (row >= batch[rowsAt]) return -1;
    int token = batch[batch[tokensAt] + row];
    if (token < 0) token = picked[~token];
    return token < 0 ? 0 : token; // nothing was drawn, and nobody will look at this row
  }
};
