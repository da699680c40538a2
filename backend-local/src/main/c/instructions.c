// Which copy of `products.c` the processor can run.

// 0 if none, 1 for `avx2`, 2 for `avxvnni`, 3 for `avx512`.
int instructions(void) {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512vnni"))
    return 3;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c"))
    return __builtin_cpu_supports("avxvnni") ? 2 : 1;
  return 0;
}
