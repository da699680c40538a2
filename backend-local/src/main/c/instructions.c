// Which copies of `products.c` the processor can run.

// The sum of 1 for `avx2`, 2 for `avxvnni` and 4 for `avx512`.
int instructions(void) {
  int sets = 0;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c")) {
    sets |= 1;
    if (__builtin_cpu_supports("avxvnni")) sets |= 2;
  }
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512vnni"))
    sets |= 4;
  return sets;
}
