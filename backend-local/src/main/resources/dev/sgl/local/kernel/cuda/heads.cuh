// Norms and rotations of heads, each by a warp: before they are attended (pages.cu), or while (attention.cu).

// How heads are normed and rotated.
struct Turning {
  const float* frequencies; // radians per position of each pair
  float stretch;            // a factor of the rotated numbers: those of a frequency that is not 0
  const float* queryNorm;   // weights, or null where heads are not normed
  const float* keyNorm;
  float epsilon;
};

#define PAIRS 2 // of numbers of each half of a head that a lane has: heads have at most 256 numbers

// The first number of one of a lane's pairs.
__device__ __forceinline__ int numberOf(int pair) { return 2 * (threadIdx.x % 32 + 32 * pair); }

// The angles by which a lane's numbers are rotated.
struct Angles {
  float sin[PAIRS][2], cos[PAIRS][2];

  __device__ __forceinline__ void turnTo(int position, const Turning& t, int dim) {
#pragma unroll
    for (int p = 0; p < PAIRS; p++)
#pragma unroll
      for (int k = 0; k < 2; k++)
        if (numberOf(p) < dim / 2) {
          float frequency = t.frequencies[numberOf(p) + k], stretch = frequency == 0 ? 1 : t.stretch;
          sincosf(position * frequency, &sin[p][k], &cos[p][k]);
          sin[p][k] *= stretch;
          cos[p][k] *= stretch;
        }
  }
};

// A lane's numbers of a head: pairs of the first half, and those at their places in the second.
struct HeadPairs {
  float first[PAIRS][2], second[PAIRS][2];

  __device__ __forceinline__ void read(const half16* from, int dim) {
#pragma unroll
    for (int p = 0; p < PAIRS; p++) {
      int i = numberOf(p);
      unsigned a = i < dim / 2 ? *(const unsigned*)(from + i) : 0, b = i < dim / 2 ? *(const unsigned*)(from + dim / 2 + i) : 0;
      first[p][0] = low(a), first[p][1] = high(a), second[p][0] = low(b), second[p][1] = high(b);
    }
  }

  __device__ __forceinline__ void norm(const float* weights, float epsilon, int dim) {
    float sum = 0;
#pragma unroll
    for (int p = 0; p < PAIRS; p++)
#pragma unroll
      for (int k = 0; k < 2; k++) sum += first[p][k] * first[p][k] + second[p][k] * second[p][k];
    float scale = rsqrtf(warpSum(sum) / dim + epsilon);
#pragma unroll
    for (int p = 0; p < PAIRS; p++)
#pragma unroll
      for (int k = 0; k < 2; k++)
        if (numberOf(p) < dim / 2) {
          first[p][k] *= scale * weights[numberOf(p) + k];
          second[p][k] *= scale * weights[dim / 2 + numberOf(p) + k];
        }
  }

  // Norms a head of queries or keys (where there are weights) and rotates it (Su et al., RoFormer, 2021: number i with
  // i + dim / 2). `put` gets the place of a pair and its two numbers.
  template <typename Put>
  __device__ __forceinline__ void turn(const float* weights, float epsilon, const Angles& angles, int dim, Put put) {
    if (weights) norm(weights, epsilon, dim);
#pragma unroll
    for (int p = 0; p < PAIRS; p++) {
      int i = numberOf(p);
      if (i >= dim / 2) break;
      const float *sin = angles.sin[p], *cos = angles.cos[p], *a = first[p], *b = second[p];
      put(i, a[0] * cos[0] - b[0] * sin[0], a[1] * cos[1] - b[1] * sin[1]);
      put(dim / 2 + i, b[0] * cos[0] + a[0] * sin[0], b[1] * cos[1] + a[1] * sin[1]);
    }
  }
};
