#include "numbers.cuh"

// Gated short convolutions (Hasani et al., LFM2, 2025): a thread for each row and channel, grid
// (rows, ceil(channels / threads of a block)). A row of parts is [b | c | x].

// The product b * x of the token that lies `back` tokens before a row's, which is `into` rows behind
// the first of its sequence in this batch: from the batch, from the sequence's state
// [taps - 1, channels], or 0 before the beginning of the sequence.
__device__ float product(const half16* parts, const float* state, int row, int into, int position,
                         int back, int channel, int channels, int taps) {
  if (back > position) return 0;
  if (back > into) return state[(taps - 1 - back + into) * channels + channel];
  const half16* from = parts + (long long)(row - back) * 3 * channels + channel;
  return widen(from[0]) * widen(from[2 * channels]);
}

// How many of the `most` rows before a row belong to its sequence.
__device__ int rowsBefore(const int* slots, int row, int most) {
  int count = 0;
  while (count < most && count < row && slots[row - count - 1] == slots[row]) count++;
  return count;
}

// out[t] = c[t] * (bias + sum of weights[k] * (b * x)[t - taps + 1 + k])
extern "C" __global__ void convolve(const int* batch, const half16* parts, const float* weights,
                                    const float* bias, const float* states, half16* out,
                                    int channels, int taps) {
  int row = blockIdx.x;
  int channel = blockIdx.y * blockDim.x + threadIdx.x;
  if (row >= batch[ROWS] || channel >= channels) return;
  const int* slots = batch + batch[SLOTS];
  int position = batch[batch[POSITIONS] + row];
  int into = rowsBefore(slots, row, taps - 1);
  const float* state = states + (long long)slots[row] * (taps - 1) * channels;
  float sum = bias ? bias[channel] : 0;
  for (int k = 0; k < taps; k++)
    sum += weights[channel * taps + k] *
           product(parts, state, row, into, position, taps - 1 - k, channel, channels, taps);
  float gate = widen(parts[((long long)row * 3 + 1) * channels + channel]);
  out[(long long)row * channels + channel] = narrow(gate * sum);
}

// The last products of each sequence become its state. An entry is made of an entry behind it, so
// each is read before it is written, by the same thread.
extern "C" __global__ void keep(const int* batch, const half16* parts, float* states, int channels,
                                int taps) {
  int row = blockIdx.x;
  int channel = blockIdx.y * blockDim.x + threadIdx.x;
  int rows = batch[ROWS];
  if (row >= rows || channel >= channels) return;
  const int* slots = batch + batch[SLOTS];
  if (row + 1 < rows && slots[row + 1] == slots[row]) return;
  int position = batch[batch[POSITIONS] + row];
  int into = rowsBefore(slots, row, taps - 1);
  float* state = states + (long long)slots[row] * (taps - 1) * channels;
  for (int i = 0; i < taps - 1; i++)
    state[i * channels + channel] =
        product(parts, state, row, into, position, taps - 2 - i, channel, channels, taps);
}
