#include "numbers.cuh"

// Answers draws: a block of 1024 threads a row of logits. What is summed is summed in fixed point, so
// the answer does not depend on the order of the threads. The order of the steps, and ties, are those
// of PlainPicker.

struct Draw {
  DRAW_FIELDS
};

#define WARPS (THREADS / 32)
#define TOGETHER 16 // logits that a thread reads at a time
#define ONE 4294967296.0f   // of fixed point
typedef unsigned long long Fixed;

__device__ __forceinline__ Fixed fixedPoint(float x) { return (Fixed)(x * ONE); }

struct Best {
  float value;
  int index;
};
__device__ __forceinline__ Best better(Best a, Best b) {
  bool first = a.value > b.value || a.value == b.value && a.index < b.index;
  return first ? a : b;
}
__device__ __forceinline__ Best blockBest(Best x) {
  __shared__ Best bests[WARPS];
  for (int d = 16; d > 0; d >>= 1) {
    Best other = {__shfl_xor_sync(~0u, x.value, d), __shfl_xor_sync(~0u, x.index, d)};
    x = better(x, other);
  }
  if (threadIdx.x % 32 == 0) bests[threadIdx.x / 32] = x;
  __syncthreads();
  Best best = bests[0];
  for (int i = 1; i < WARPS; i++) best = better(best, bests[i]);
  __syncthreads();
  return best;
}
__device__ __forceinline__ Fixed blockTotal(Fixed x) {
  __shared__ Fixed totals[WARPS];
  for (int d = 16; d > 0; d >>= 1) x += __shfl_xor_sync(~0u, x, d);
  if (threadIdx.x % 32 == 0) totals[threadIdx.x / 32] = x;
  __syncthreads();
  Fixed total = 0;
  for (int i = 0; i < WARPS; i++) total += totals[i];
  __syncthreads();
  return total;
}

// The kept weights: all above `least`, and of those that are `least` the first `ties`.
struct Kept {
  unsigned least;
  int ties;
};

// Finds where the weights from the largest on reach `count` in number, or `mass` in sum; only those
// from `from` on count, and they do reach it. Four steps of eight bits (radix select).
__device__ Kept cutAt(const float* weights, int n, unsigned from, bool byMass, Fixed target) {
  __shared__ Fixed bins[256];
  __shared__ unsigned prefix;
  __shared__ Fixed left;
  if (threadIdx.x == 0) {
    prefix = 0;
    left = target;
  }
  for (int shift = 24; shift >= 0; shift -= 8) {
    for (int i = threadIdx.x; i < 256; i += THREADS) bins[i] = 0;
    __syncthreads();
    unsigned known = prefix;
    for (int i = threadIdx.x; i < n; i += THREADS) {
      unsigned bits = __float_as_uint(weights[i]);
      if (bits >= from && bits > 0 && (shift == 24 || bits >> (shift + 8) == known))
        atomicAdd(&bins[bits >> shift & 255], byMass ? fixedPoint(weights[i]) : 1);
    }
    __syncthreads();
    if (threadIdx.x == 0) {
      int bin = 255;
      while (bin > 0 && bins[bin] < left) left -= bins[bin--];
      prefix = known << 8 | bin;
    }
    __syncthreads();
  }
  Fixed each = byMass ? fixedPoint(__uint_as_float(prefix)) : 1;
  Kept kept = {prefix, each == 0 ? n : (int)((left + each - 1) / each)};
  __syncthreads();
  return kept;
}

__device__ Fixed massOf(const float* weights, int n, Kept kept) {
  Fixed sum = 0;
  for (int i = threadIdx.x; i < n; i += THREADS)
    if (__float_as_uint(weights[i]) > kept.least) sum += fixedPoint(weights[i]);
  return blockTotal(sum);
}

// The token at `at` of the kept mass, in the order of the ids; each warp has a stretch of them.
__device__ int tokenAt(const float* weights, int n, Kept kept, float uniform) {
  __shared__ Fixed masses[WARPS];
  __shared__ int equals[WARPS];
  __shared__ int found;
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  int stretch = (n + WARPS - 1) / WARPS, begin = warp * stretch, end = min(n, begin + stretch);
  Fixed mass = 0;
  int equal = 0;
  for (int i = begin + lane; i < end; i += 32) {
    unsigned bits = __float_as_uint(weights[i]);
    if (bits > kept.least) mass += fixedPoint(weights[i]);
    if (bits == kept.least) equal++;
  }
  for (int d = 16; d > 0; d >>= 1) {
    mass += __shfl_xor_sync(~0u, mass, d);
    equal += __shfl_xor_sync(~0u, equal, d);
  }
  if (lane == 0) {
    masses[warp] = mass;
    equals[warp] = equal;
  }
  if (threadIdx.x == 0) found = -1;
  __syncthreads();
  Fixed tie = fixedPoint(__uint_as_float(kept.least));
  Fixed total = 0, before = 0;
  int tiesBefore = 0, ties = 0;
  for (int w = 0; w < WARPS; w++) {
    if (w == warp) {
      before = total;
      tiesBefore = ties;
    }
    int taken = min(equals[w], kept.ties - ties);
    total += masses[w] + tie * taken;
    ties += taken;
  }
  Fixed target = (Fixed)((double)uniform * (double)total);
  if (target >= total && total > 0) target = total - 1;
  Fixed own = masses[warp] + tie * min(equals[warp], kept.ties - tiesBefore);
  if (target >= before && target < before + own) { // this warp has it
    Fixed sum = before;
    int seen = tiesBefore;
    for (int i = begin; i < end; i += 32) {
      int at = i + lane;
      unsigned bits = at < end ? __float_as_uint(weights[at]) : 0;
      unsigned same = __ballot_sync(~0u, at < end && bits == kept.least);
      bool in = at < end && (bits > kept.least ||
                             bits == kept.least && seen + __popc(same & ((1u << lane) - 1)) < kept.ties);
      Fixed x = in ? fixedPoint(weights[at]) : 0, up = x;
      for (int d = 1; d < 32; d <<= 1) {
        Fixed other = __shfl_up_sync(~0u, up, d);
        if (lane >= d) up += other;
      }
      unsigned hit = __ballot_sync(~0u, in && sum + up > target);
      if (hit) {
        if (lane == 0) found = i + __ffs(hit) - 1;
        break;
      }
      sum += __shfl_sync(~0u, up, 31);
      seen += __popc(same);
    }
  }
  __syncthreads();
  int token = found;
  __syncthreads();
  return token;
}

extern "C" __global__ void __launch_bounds__(THREADS, 1) pick(float* allLogits, int n, const Draw* draws,
                                                           const int* integers, int* results, int* picked,
                                                           float* copies) {
  Draw draw = draws[blockIdx.x]; // before the logits are there
  awaitResults();
  float* logits = allLogits + (long long)blockIdx.x * n;
  int* result = results + draw.result;
  const float* unshifted = (const float*)integers;
  if (threadIdx.x == 0) { // until something is known
    picked[blockIdx.x] = -1;
    result[0] = -1;
    result[1] = 0;
  }

  if (draw.candidates >= 0 || draw.scores > 0) { // under the model's own distribution
    Best most = {-INFINITE, 0x7fffffff};
    for (int i = threadIdx.x; i < n; i += THREADS) most = better(most, {logits[i], i});
    most = blockBest(most);
    float sum = 0;
    for (int i = threadIdx.x; i < n; i += THREADS) sum += __expf(logits[i] - most.value);
    float all = most.value + logf(blockSum(sum));
    if (threadIdx.x == 0) result[1] = __float_as_int(all);
    for (int i = threadIdx.x; i < draw.scores; i += THREADS)
      result[2 + 2 * max(draw.candidates, 0) + i] = __float_as_int(logits[integers[draw.scored + i]] - all);
    Best last = {INFINITE, -1};
    for (int c = 0; c < draw.candidates; c++) {
      Best next = {-INFINITE, 0x7fffffff};
      for (int i = threadIdx.x; i < n; i += THREADS) {
        Best x = {logits[i], i};
        if (x.value < last.value || x.value == last.value && x.index > last.index) next = better(next, x);
      }
      last = blockBest(next);
      if (threadIdx.x == 0) {
        result[2 + c] = last.index;
        result[2 + draw.candidates + c] = __float_as_int(last.value - all);
      }
    }
  }
  if (!draw.picks) return;

  float* own = copies + (long long)blockIdx.x * n; // the model's own logits, before they are changed
  if (draw.candidates >= 0)
    for (int i = threadIdx.x; i < n; i += THREADS) own[i] = logits[i];
  __syncthreads();
  for (int i = threadIdx.x; i < draw.repeats; i += THREADS) {
    int token = integers[draw.repeated + i];
    if (token < n) logits[token] = logits[token] > 0 ? logits[token] / draw.repetition : logits[token] * draw.repetition;
  }
  __syncthreads();
  for (int i = threadIdx.x; i < draw.shifts; i += THREADS) {
    int token = integers[draw.shifted + i];
    if (token < n) logits[token] += unshifted[draw.shifted + draw.shifts + i];
  }
  __syncthreads();
  const unsigned* allowed = draw.allowed < 0 ? 0 : (const unsigned*)(integers + draw.allowed);
  Best best = {-INFINITE, 0x7fffffff};
  bool bad = false;
  for (int begin = threadIdx.x; begin < n; begin += TOGETHER * THREADS) {
    float values[TOGETHER];
#pragma unroll
    for (int k = 0; k < TOGETHER; k++) {
      int i = begin + k * THREADS;
      values[k] = i < n ? logits[i] : -INFINITE;
    }
#pragma unroll
    for (int k = 0; k < TOGETHER; k++) {
      int i = begin + k * THREADS;
      if (i >= n) break;
      if (allowed && !(allowed[i >> 5] >> (i & 31) & 1)) logits[i] = values[k] = -INFINITE;
      bad |= isnan(values[k]);
      best = better(best, {values[k], i});
    }
  }
  best = blockBest(best);
  int token = best.index;
  if (__syncthreads_or(bad)) {
    token = -2;
  } else if (best.value == -INFINITE) {
    token = -1;
  } else if (draw.temperature > 0) {
    Fixed mass = 0;
    for (int i = threadIdx.x; i < n; i += THREADS) {
      float weight = __expf((logits[i] - best.value) / draw.temperature);
      logits[i] = weight;
      mass += fixedPoint(weight);
    }
    Fixed total = blockTotal(mass);
    Kept kept = {0, 0};
    if (draw.topK > 0 && draw.topK < n) {
      kept = cutAt(logits, n, 0, false, draw.topK);
      total = massOf(logits, n, kept) + fixedPoint(__uint_as_float(kept.least)) * kept.ties;
    }
    if (draw.topP < 1) {
      Fixed wanted = (Fixed)((double)draw.topP * (double)total);
      if (wanted == 0) wanted = 1;
      Fixed above = kept.ties > 0 || kept.least > 0 ? massOf(logits, n, kept) : total;
      if (above >= wanted) {
        kept = cutAt(logits, n, kept.least + 1, true, wanted);
      } else { // some of those that top-k ends with
        Fixed tie = fixedPoint(__uint_as_float(kept.least));
        if (tie > 0) kept.ties = min((Fixed)kept.ties, (wanted - above + tie - 1) / tie);
      }
    }
    unsigned least = __float_as_uint(draw.minP);
    if (draw.minP > 0 && kept.least < least) kept = {least - 1, 0};
    token = tokenAt(logits, n, kept, draw.uniform);
    if (token < 0) token = best.index;
  }
  if (threadIdx.x == 0) {
    result[0] = token;
    if (draw.candidates >= 0 && token >= 0)
      result[1] = __float_as_int(own[token] - __int_as_float(result[1]));
    picked[blockIdx.x] = token;
  }
}
