// Norms and rotations of heads, each by a warp: before they are attended (pages.cu), or while (attention.cu).

// How heads are normed and rotated.
struct Turning {
  const float* frequencies; // radians per position of each pair
  float stretch;            // a factor of the rotated numbers: those of a frequency that is not 0
  const float* queryNorm;   // weights, or null where heads are not normed
  const float* keyNorm;
  float epsilon;
};

// A lane has PAIRS pairs of the numbers of each half of a head, which has at most 128 * PAIRS.

// The first number of one of a lane's pairs.
__device__ __forceinline__ int numberOf(int pair) { return 2 * (threadIdx.x % 32 + 32 * pair); }

// The angles by which a lane's numbers are rotated.
template <int PAIRS> struct Angles {
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

// A lane's numbers of a head, two in a register: pairs of the first half, and those at their places in the second.
template <int PAIRS> struct HeadPairs {
  unsigned first[PAIRS], second[PAIRS];

  __device__ __forceinline__ void read(const half16* from, int dim) {
#pragma unroll
    for (int p = 0; p < PAIRS; p++) {
      int i = numberOf(p);
      first[p] = i < dim / 2 ? *(const unsigned*)(from + i) : 0;
      second[p] = i < dim / 2 ? *(const unsigned*)(from + dim / 2 + i) : 0;
    }
  }

  // What RMSNorm multiplies the head by, beside the weights.
  __device__ __forceinline__ float scale(float epsilon, int dim) const {
    float squares = 0;
#pragma unroll
    for (int p = 0; p < PAIRS; p++)
      squares += low(first[p]) * low(first[p]) + high(first[p]) * high(first[p]) + low(second[p]) * low(second[p]) +
                 high(second[p]) * high(second[p]);
    return rsqrtf(warpSum(squares) / dim + epsilon);
  }

  // Norms a head of queries or keys (where there are weights) and rotates it (Su et al., RoFormer, 2021: number i with
  // i + dim / 2). `put` gets the place of a pair and its two numbers.
  template <typename Put>
  __device__ __forceinline__ void turn(const float* weights, float epsilon, const Angles<PAIRS>& angles, int dim, Put put) const {
    float scale = weights ? this->scale(epsilon, dim) : 1;
#pragma unroll
    for (int p = 0; p < PAIRS; p++) {
      int i = numberOf(p);
      if (i >= dim / 2) break;
      float a[2] = {low(first[p]), high(first[p])}, b[2] = {low(second[p]), high(second[p])};
      if (weights)
        for (int k = 0; k < 2; k++) a[k] *= scale * weights[i + k], b[k] *= scale * weights[dim / 2 + i + k];
      const float *sin = angles.sin[p], *cos = angles.cos[p];
      put(i, a[0] * cos[0] - b[0] * sin[0], a[1] * cos[1] - b[1] * sin[1]);
      put(dim / 2 + i, b[0] * cos[0] + a[0] * sin[0], b[1] * cos[1] + a[1] * sin[1]);
    }
  }

  // The same for one that is not rotated, and normed where there are weights.
  template <typename Put>
  __device__ __forceinline__ void forEach(const float* weights, float epsilon, int dim, Put put) const {
    float scale = weights ? this->scale(epsilon, dim) : 1;
#pragma unroll
    for (int p = 0; p < PAIRS; p++) {
      int i = numberOf(p);
      if (i >= dim / 2) break;
      float a[2] = {low(first[p]), high(first[p])}, b[2] = {low(second[p]), high(second[p])};
      if (weights)
        for (int k = 0; k < 2; k++) a[k] *= scale * weights[i + k], b[k] *= scale * weights[dim / 2 + i + k];
      put(i, a[0], a[1]);
      put(dim / 2 + i, b[0], b[1]);
    }
  }
};
