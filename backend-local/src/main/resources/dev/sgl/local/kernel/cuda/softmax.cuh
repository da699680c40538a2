// The softmax, which runs along with the scores (Milakov and Gimelshein, 2018; Dao, 2023), of what a warp has of
// the products of the tensor cores.
//
// Before this file: COLUMNS_IN_ORDER, if numbers of a head are where those products leave them; else `column`,
// `first` and `second` say where the two numbers of a lane are.

#if COLUMNS_IN_ORDER
__device__ __forceinline__ int column(int d) { return d * 8 + threadIdx.x % 4 * 2; }
__device__ __forceinline__ float first(const float (*numbers)[4], int d, int side) { return numbers[d][2 * side]; }
__device__ __forceinline__ float second(const float (*numbers)[4], int d, int side) { return numbers[d][2 * side + 1]; }
#endif

// 2^x; 0 where that is below all normal numbers.
__device__ __forceinline__ float power(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

// A lane's share of two query vectors: the largest score so far, and the numbers that belong to it.
struct Vectors {
  int base;         // of the warp's vectors among the item's
  int position[2];  // of their rows; -1 behind the last vector
  float most[2], sum[2];
  float numbers[STEPS * 2][4]; // two of the first vector, two of the second; their columns: see `column`

  __device__ __forceinline__ Vectors(const Item& item, const int* itemRows, const int* positions, int base, int group)
      : base(base) {
#pragma unroll
    for (int i = 0; i < 2; i++) {
      position[i] = index(i) < item.rows * group ? positions[itemRows[index(i) / group]] : -1;
      most[i] = -INFINITE;
      sum[i] = 0;
    }
#pragma unroll
    for (int d = 0; d < STEPS * 2; d++) numbers[d][0] = numbers[d][1] = numbers[d][2] = numbers[d][3] = 0;
  }

  // Multiplies the numbers of each vector, which is seldom needed.
  __device__ __forceinline__ void multiply(const float (&by)[2]) {
    if (__any_sync(~0u, by[0] != 1 || by[1] != 1)) {
#pragma unroll
      for (int d = 0; d < STEPS * 2; d++)
#pragma unroll
        for (int i = 0; i < 4; i++) numbers[d][i] *= by[i / 2];
    }
  }

  // Of the item's vectors.
  __device__ __forceinline__ int index(int side) const { return base + threadIdx.x % 32 / 4 + 8 * side; }
};

// Hides the scores of NT tiles of 8 keys that a row does not see. `first`: position of the first key
template <int NT>
__device__ __forceinline__ void hide(float (&s)[NT][4], const Vectors& v, int first, int end, int window) {
#pragma unroll
  for (int n = 0; n < NT; n++)
#pragma unroll
    for (int i = 0; i < 4; i++) {
      int at = first + n * 8 + threadIdx.x % 4 * 2 + i % 2, seenBy = v.position[i / 2];
      if (at >= end || at > seenBy || at <= seenBy - window) s[n][i] = -INFINITE;
    }
}

#if CAPPED
// The products of queries and keys within the bound CAP; hidden ones stay hidden.
template <int NT> __device__ __forceinline__ void cap(float (&s)[NT][4]) {
#pragma unroll
  for (int n = 0; n < NT; n++)
#pragma unroll
    for (int i = 0; i < 4; i++) {
      float grown = power(s[n][i] * (2 * 1.4426950408889634f * SCALE / CAP));
      if (s[n][i] != -INFINITE) s[n][i] = CAP - __fdividef(2 * CAP, grown + 1); // CAP tanh(SCALE s / CAP)
    }
}
#endif

// The factor that makes exponents of two of scores.
#if CAPPED
#define EXPONENT 1.4426950408889634f
#else
#define EXPONENT (SCALE * 1.4426950408889634f)
#endif

// Scores become exponents of two.
template <int NT> __device__ __forceinline__ void scale(float (&s)[NT][4]) {
#if CAPPED
  cap(s);
#endif
#pragma unroll
  for (int n = 0; n < NT; n++)
#pragma unroll
    for (int i = 0; i < 4; i++) s[n][i] *= EXPONENT;
}

// Scores become weights, relative to the largest score so far, to which the sums are adapted; numbers are
// to be multiplied with `shrink`.
template <int NT>
__device__ __forceinline__ void weigh(float (&s)[NT][4], Vectors& v, float (&shrink)[2]) {
#if CAPPED
  cap(s);
#endif
#pragma unroll
  for (int side = 0; side < 2; side++) {
    float most = -INFINITE, sum = 0;
#pragma unroll
    for (int n = 0; n < NT; n++) most = fmaxf(most, fmaxf(s[n][2 * side], s[n][2 * side + 1]));
    most = fmaxf(most, __shfl_xor_sync(~0u, most, 1));
    most = fmaxf(v.most[side], fmaxf(most, __shfl_xor_sync(~0u, most, 2)) * EXPONENT);
    float zero = most == -INFINITE ? 0 : most;
    shrink[side] = power(v.most[side] - zero);
    v.most[side] = most;
#pragma unroll
    for (int n = 0; n < NT; n++) {
      s[n][2 * side] = power(s[n][2 * side] * EXPONENT - zero);
      s[n][2 * side + 1] = power(s[n][2 * side + 1] * EXPONENT - zero);
      sum += s[n][2 * side] + s[n][2 * side + 1];
    }
    v.sum[side] = v.sum[side] * shrink[side] + sum;
  }
}

// The sums of all keys that the warp has seen, from those of its lanes.
__device__ __forceinline__ void addSums(Vectors& v) {
#pragma unroll
  for (int side = 0; side < 2; side++) {
    v.sum[side] += __shfl_xor_sync(~0u, v.sum[side], 1);
    v.sum[side] += __shfl_xor_sync(~0u, v.sum[side], 2);
  }
}

// The logarithm of the sum of a vector's weights.
__device__ __forceinline__ float logSum(float most, float sum) { return sum > 0 ? most + log2f(sum) : -INFINITE; }

// Writes the results of a warp's vectors, or parts of them.
__device__ __forceinline__ void write(const Layer& l, const Item& item, const int* itemRows, const Vectors& v) {
  int lane = threadIdx.x % 32, group = l.group();
#pragma unroll
  for (int side = 0; side < 2; side++) {
    int index = v.index(side);
    if (index >= item.rows * group) continue;
    float by = v.sum[side] > 0 ? 1 / v.sum[side] : 0;
    int row = itemRows[index / group];
#pragma unroll
    for (int d = 0; d < STEPS * 2; d++)
      put(l, item, row, index, column(d), first(v.numbers, d, side) * by, second(v.numbers, d, side) * by);
    if (item.part >= 0 && lane % 4 == 0) l.partSums[item.part + index] = logSum(v.most[side], v.sum[side]);
  }
}
