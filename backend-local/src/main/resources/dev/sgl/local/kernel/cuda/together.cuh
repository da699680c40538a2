// How an item begins and ends whose query vectors all its warps share: queries come to shared memory, new keys and values to
// their pages; results of the warps are put together.

// Turns the queries of an item into `q`, and the keys of its rows from `fresh` on, which it places with
// their values: in their pages, and where `nearKey` and `nearValue` say for a position, if they say so.
template <typename NearKey, typename NearValue>
__device__ __forceinline__ void place(const Layer& l, const Item& item, const int* itemRows, const int* table, half16* q,
                                      int fresh, NearKey nearKey, NearValue nearValue) {
  const int* positions = l.batch + l.batch[POSITIONS];
  int warp = ownWarp(), lane = threadIdx.x % 32, group = l.group();
  Angles<HEAD_PAIRS> angles;
  int turned = -1; // the position of the angles
  auto turnTo = [&](int position) {
    if (position != turned) angles.turnTo(position, l.turning, DIM);
    turned = position;
  };
  turnTo(positions[itemRows[min(warp / group, item.rows - 1)]]);
  awaitResults(); // angles need none
  for (int v = warp; v < NARROW_VECTORS; v += WARPS) {
    half16* to = q + v * STRIDE;
    if (v < item.rows * group) {
      int row = itemRows[v / group];
      HeadPairs<HEAD_PAIRS> numbers;
      numbers.read(l.head(row, item.kvHead * group + v % group), DIM);
      turnTo(positions[row]);
      numbers.turn(l.turning.queryNorm, l.turning.epsilon, angles, DIM,
                   [&](int i, float x, float y) { *(unsigned*)(to + i) = query(x) | (unsigned)query(y) << 16; });
    } else {
      for (int i = lane; i < CHUNKS; i += 32) ((uint4*)to)[i] = make_uint4(0, 0, 0, 0);
    }
  }
  int placed = min(item.end, fresh + item.rows) - max(item.begin, fresh); // rows, one behind the other
  int firstPlaced = max(item.begin, fresh);
  for (int i = (warp + WARPS / 2) % WARPS; i < 2 * placed; i += WARPS) { // not those that may have a query
    int position = firstPlaced + i / 2, itemRow = itemRows[position - fresh];
    auto at = [&](int i) { return l.at(table[position / PAGE], item.kvHead, position % PAGE, i); };
    if (i % 2 == 0) {
      kept* row = nearKey(position);
      HeadPairs<HEAD_PAIRS> numbers;
      numbers.read(l.head(itemRow, l.queryHeads + item.kvHead), DIM);
      turnTo(position);
      numbers.turn(l.turning.keyNorm, l.turning.epsilon, angles, DIM,
                   [&](int i, float x, float y) { keepTwo(row ? row + i : l.keys + at(i), x, y); });
      __syncwarp();
      if (row) copyKept(row, DIM, [&](int i) { return l.keys + at(i); });
    } else {
      const half16* from = l.head(itemRow, l.queryHeads + l.kvHeads + item.kvHead);
      keepHead(from, DIM, [&](int i) { return l.values + at(i); });
      if (kept* row = nearValue(position)) keepHead(from, DIM, [&](int i) { return row + i; });
    }
  }
}

// Copies the queries of an item, which are turned already.
template <int VECTORS>
__device__ __forceinline__ void copyQueries(const Layer& l, const Item& item, const int* itemRows, half16* q) {
  int group = l.group();
  for (int i = ownThread(); i < VECTORS * CHUNKS; i += THREADS) {
    int v = i / CHUNKS, chunk = i % CHUNKS;
    uint4 x = make_uint4(0, 0, 0, 0);
    if (v < item.rows * group)
      x = query8(*(const uint4*)(l.head(itemRows[v / group], item.kvHead * group + v % group) + chunk * 8));
    *(uint4*)(q + v * STRIDE + chunk * 8) = x;
  }
}

// Puts together what all warps have of the vectors, and writes it, some columns at a time.
template <int COLUMNS>
__device__ __forceinline__ void writeTogether(const Layer& l, const Item& item, const int* itemRows, const Vectors& v,
                                              char* memory) {
  constexpr int WIDTH = COLUMNS + 8;
  int warp = ownWarp(), lane = threadIdx.x % 32, group = l.group();
  float* stats = (float*)memory;           // [warp][16][2]
  float* numbers = stats + WARPS * 16 * 2; // [warp][16][WIDTH]
#pragma unroll
  for (int begin = 0; begin < DIM; begin += COLUMNS) {
    if (begin > 0) meet();
#pragma unroll
    for (int side = 0; side < 2; side++) {
      int own = warp * 16 + v.index(side);
      if (begin == 0 && lane % 4 == 0) *(float2*)(stats + own * 2) = make_float2(v.most[side], v.sum[side]);
#pragma unroll
      for (int d = begin / 8; d < (begin + COLUMNS) / 8; d++)
        *(float2*)(numbers + own * WIDTH + column(d) - begin) =
            make_float2(first(v.numbers, d, side), second(v.numbers, d, side));
    }
    meet();
    for (int i = ownThread(); i < item.rows * group * (COLUMNS / 2); i += THREADS) {
      int vector = i / (COLUMNS / 2), column = i % (COLUMNS / 2) * 2;
      float most = -INFINITE, sum = 0, a = 0, b = 0;
      for (int w = 0; w < WARPS; w++) most = fmaxf(most, stats[(w * 16 + vector) * 2]);
      float zero = most == -INFINITE ? 0 : most;
#pragma unroll
      for (int w = 0; w < WARPS; w++) {
        float weight = exp2f(stats[(w * 16 + vector) * 2] - zero);
        float2 own = *(float2*)(numbers + (w * 16 + vector) * WIDTH + column);
        sum += weight * stats[(w * 16 + vector) * 2 + 1];
        a += weight * own.x;
        b += weight * own.y;
      }
      float by = sum > 0 ? 1 / sum : 0;
      put(l, item, itemRows[vector / group], vector, begin + column, a * by, b * by);
      if (item.part >= 0 && begin + column == 0) l.partSums[item.part + vector] = logSum(most, sum);
    }
  }
}
