// Writes down when each kernel of a program begins and ends, by CUPTI. The driver loads it into a program that has its
// path in CUDA_INJECTION64_PATH. A line of TRACE_OUT: begin and end in nanoseconds, the grid, threads, the kernel's name.

#include <cupti.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUFFER_BYTES = 8 << 20 };

static FILE* out;

static void CUPTIAPI give(uint8_t** buffer, size_t* bytes, size_t* most_records) {
  *bytes = BUFFER_BYTES;
  *most_records = 0; // no limit
  *buffer = aligned_alloc(8, BUFFER_BYTES);
}

static void CUPTIAPI take(CUcontext context, uint32_t stream, uint8_t* buffer, size_t bytes, size_t valid) {
  CUpti_Activity* record = NULL;
  while (cuptiActivityGetNextRecord(buffer, valid, &record) == CUPTI_SUCCESS) {
    if (record->kind != CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL) continue;
    CUpti_ActivityKernel10* kernel = (CUpti_ActivityKernel10*)record;
    fprintf(out, "%llu %llu %d %d %d %s\n", (unsigned long long)kernel->start, (unsigned long long)kernel->end,
            kernel->gridX, kernel->gridY, kernel->blockX, kernel->name);
  }
  free(buffer);
}

static void finish(void) {
  cuptiActivityFlushAll(CUPTI_ACTIVITY_FLAG_FLUSH_FORCED);
  fflush(out);
}

int InitializeInjection(void) {
  const char* path = getenv("TRACE_OUT");
  out = path ? fopen(path, "w") : NULL;
  if (out == NULL || cuptiActivityRegisterCallbacks(give, take) != CUPTI_SUCCESS ||
      cuptiActivityEnable(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL) != CUPTI_SUCCESS) {
    fprintf(stderr, "trace: no kernels can be written down\n");
    return 0;
  }
  atexit(finish);
  return 1;
}
