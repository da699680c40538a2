// Norms of rows: x / sqrt(mean(x^2) + epsilon) * weight (Zhang and Sennrich, 2019).

#define OWN 4 // of four neighbouring columns each, which a thread keeps in registers

// The columns from 4 i on; zeros behind the last.
__device__ __forceinline__ float4 four(const float* row, int i, int columns) {
  if (columns % 4 == 0) return 4 * i < columns ? ((const float4*)row)[i] : make_float4(0, 0, 0, 0);
  auto at = [&](int c) { return 4 * i + c < columns ? row[4 * i + c] : 0; };
  return make_float4(at(0), at(1), at(2), at(3));
}
__device__ __forceinline__ float squares(float4 v) { return v.x * v.x + v.y * v.y + v.z * v.z + v.w * v.w; }

// A row that goes through a norm, by a block of threads: those of a warp have neighbouring columns.
struct NormedRow {
  const float *row, *weights;
  int columns;
  float scale;
  float4 own[OWN], ownWeights[OWN];

  // Reads the weights, which are no results of other kernels.
  __device__ __forceinline__ NormedRow(const float* weights, int columns) : weights(weights), columns(columns) {
#pragma unroll
    for (int c = 0; c < OWN; c++) ownWeights[c] = four(weights, threadIdx.x + c * blockDim.x, columns);
  }

  __device__ __forceinline__ void read(const float* from, float epsilon) {
    row = from;
    float sum = 0;
#pragma unroll
    for (int c = 0; c < OWN; c++) own[c] = four(row, threadIdx.x + c * blockDim.x, columns);
#pragma unroll
    for (int c = 0; c < OWN; c++) sum += squares(own[c]);
    for (int i = threadIdx.x + OWN * blockDim.x; 4 * i < columns; i += blockDim.x) sum += squares(four(row, i, columns));
    scale = rsqrtf(blockSum(sum) / columns + epsilon);
  }

  // Calls `use` with i and the normed columns from 4 i on, for this thread's i below `fours`.
  template <typename Use> __device__ __forceinline__ void forEach(int fours, Use use) const {
    auto normed = [&](float4 v, float4 w) {
      return make_float4(v.x * scale * w.x, v.y * scale * w.y, v.z * scale * w.z, v.w * scale * w.w);
    };
#pragma unroll
    for (int c = 0; c < OWN; c++) {
      int i = threadIdx.x + c * blockDim.x;
      if (i < fours) use(i, normed(own[c], ownWeights[c]));
    }
    for (int i = threadIdx.x + OWN * blockDim.x; i < fours; i += blockDim.x)
      use(i, normed(four(row, i, columns), four(weights, i, columns)));
  }
};
