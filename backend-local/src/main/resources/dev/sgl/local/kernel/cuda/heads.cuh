// What becomes of a head before it is attended: by a warp, wherever that is done.

// How heads are normed and rotated.
struct Turning {
  const float* frequencies; // radians per position of each pair
  float stretch;            // what the rotated numbers are multiplied with
  const float* queryNorm;   // weights, or null where heads are not normed
  const float* keyNorm;
  float epsilon;
};

// Norms a head of queries or keys (where there are weights) and rotates it (Su et al., RoFormer, 2021:
// number i with i + dim / 2). `put` gets each number and its place, after those that it is made from were
// read.
template <typename Put>
__device__ __forceinline__ void turn(const half16* from, const float* norm, const Turning& t, int position, int dim,
                                     Put put) {
  int lane = threadIdx.x % 32, half = dim / 2;
  float scale = 1;
  if (norm) {
    float sum = 0;
    for (int i = lane; i < dim; i += 32) sum += widen(from[i]) * widen(from[i]);
    scale = rsqrtf(warpSum(sum) / dim + t.epsilon);
  }
  for (int i = lane; i < half; i += 32) {
    float a = widen(from[i]), b = widen(from[half + i]);
    if (norm) {
      a = a * scale * norm[i];
      b = b * scale * norm[half + i];
    }
    float sin, cos;
    sincosf(position * t.frequencies[i], &sin, &cos);
    sin *= t.stretch;
    cos *= t.stretch;
    put(i, a * cos - b * sin);
    put(half + i, b * cos + a * sin);
  }
}
