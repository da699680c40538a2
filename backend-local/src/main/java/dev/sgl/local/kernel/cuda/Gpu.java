package dev.sgl.local.kernel.cuda;

import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import jcuda.CudaException;
import jcuda.NativePointerObject;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;

/// One GPU through the CUDA driver: its memory, one stream of work, and the kernels that run there.
/// Everything that is asked for is done in order.
final class Gpu implements AutoCloseable {
  private static final int STREAM_NON_BLOCKING = 1;

  /// Of Linux, and of Linux within Windows.
  private static final List<Path> DRIVER =
      List.of(Path.of("/dev/nvidiactl"), Path.of("/dev/nvidia0"), Path.of("/dev/dxg"));

  private final CUdevice device = new CUdevice();
  private final CUcontext context = new CUcontext();
  private final CUstream stream = new CUstream();
  private final int index;
  private final List<CUdeviceptr> allocated = new ArrayList<>();
  private final List<Pointer> pinned = new ArrayList<>();

  /// Numbers on the device.
  record Memory(CUdeviceptr pointer, long address, long bytes) {}

  /// Memory of the host that the device copies from and to by itself.
  record Pinned(Pointer pointer, ByteBuffer buffer) {
    MemorySegment segment() {
      return MemorySegment.ofBuffer(buffer);
    }
  }

  /// What a pointer of JCuda points to.
  private static final class Address extends NativePointerObject {
    Address(NativePointerObject of) {
      super(of);
    }

    long value() {
      return getNativePointer();
    }
  }

  private Gpu(int index) {
    this.index = index;
  }

  /// Opens GPU number `index`.
  ///
  /// @throws GpuException if there is none, or no driver for it
  static Gpu open(int index) {
    requireDriver();
    try {
      JCudaDriver.setExceptionsEnabled(true);
      JCudaDriver.cuInit(0);
      int[] count = new int[1];
      JCudaDriver.cuDeviceGetCount(count);
      if (index >= count[0]) {
        throw new GpuException(
            count[0] == 0 ? "there is no GPU" : "there is no GPU " + index + ", only " + count[0]);
      }
      Gpu gpu = new Gpu(index);
      JCudaDriver.cuDeviceGet(gpu.device, index);
      JCudaDriver.cuDevicePrimaryCtxRetain(gpu.context, gpu.device);
      gpu.enter();
      JCudaDriver.cuStreamCreate(gpu.stream, STREAM_NON_BLOCKING);
      return gpu;
    } catch (LinkageError e) {
      throw new GpuException("no NVIDIA driver that could be loaded", e);
    } catch (CudaException e) {
      throw new GpuException("the GPU cannot be used: " + e.getMessage(), e);
    }
  }

  /// Looks for the driver's devices: faster than to let JCuda fail, where most have no GPU.
  private static void requireDriver() {
    if (DRIVER.stream().noneMatch(Files::exists)) {
      throw new GpuException("no NVIDIA driver");
    }
  }

  /// Makes the calling thread one that may use the device.
  void enter() {
    JCudaDriver.cuCtxSetCurrent(context);
  }

  int index() {
    return index;
  }

  /// Such as `NVIDIA H200`.
  String name() {
    byte[] name = new byte[256];
    JCudaDriver.cuDeviceGetName(name, name.length, device);
    return new String(name, StandardCharsets.UTF_8).replaceFirst("\0.*", "");
  }

  /// Such as `sm_90`.
  String chip() {
    return "sm_" + capability();
  }

  /// Ten times the compute capability, such as 90 for 9.0.
  int capability() {
    return 10 * attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
        + attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
  }

  int multiprocessors() {
    return attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
  }

  private int attribute(int which) {
    int[] value = new int[1];
    JCudaDriver.cuDeviceGetAttribute(value, which, device);
    return value[0];
  }

  /// Bytes that are free.
  long free() {
    long[] free = new long[1];
    JCudaDriver.cuMemGetInfo(free, new long[1]);
    return free[0];
  }

  /// The stream as libraries know it.
  long stream() {
    return new Address(stream).value();
  }

  // --- memory

  Memory allocate(long bytes) {
    CUdeviceptr pointer = new CUdeviceptr();
    try {
      JCudaDriver.cuMemAlloc(pointer, Math.max(16, bytes));
    } catch (CudaException e) {
      throw new OutOfDeviceMemory("the next step of loading or computing needs", bytes, free());
    }
    allocated.add(pointer);
    return new Memory(pointer, new Address(pointer).value(), bytes);
  }

  void free(Memory memory) {
    if (allocated.remove(memory.pointer())) {
      JCudaDriver.cuMemFree(memory.pointer());
    }
  }

  Pinned pin(long bytes) {
    Pointer pointer = new Pointer();
    JCudaDriver.cuMemAllocHost(pointer, bytes);
    pinned.add(pointer);
    return new Pinned(pointer, pointer.getByteBuffer(0, bytes).order(ByteOrder.LITTLE_ENDIAN));
  }

  /// Frees what no copy uses any more.
  void unpin(Pinned memory) {
    if (pinned.remove(memory.pointer())) {
      JCudaDriver.cuMemFreeHost(memory.pointer());
    }
  }

  void upload(Pinned from, Memory to, long offset, long bytes) {
    JCudaDriver.cuMemcpyHtoDAsync(
        to.pointer().withByteOffset(offset), from.pointer(), bytes, stream);
  }

  void download(Memory from, Pinned to, long bytes) {
    JCudaDriver.cuMemcpyDtoHAsync(to.pointer(), from.pointer(), bytes, stream);
  }

  void copy(Memory from, Memory to, long bytes) {
    JCudaDriver.cuMemcpyDtoDAsync(to.pointer(), from.pointer(), bytes, stream);
  }

  /// Fills memory with a byte.
  void fill(Memory memory, int value) {
    JCudaDriver.cuMemsetD8Async(memory.pointer(), (byte) value, memory.bytes(), stream);
  }

  // --- work

  CUmodule module(byte[] code) {
    CUmodule module = new CUmodule();
    JCudaDriver.cuModuleLoadData(module, code);
    return module;
  }

  /// A kernel of a module.
  ///
  /// @param shared bytes of shared memory that each block asks for
  Kernel kernel(CUmodule module, String name, int shared) {
    CUfunction function = new CUfunction();
    JCudaDriver.cuModuleGetFunction(function, module, name);
    if (shared > 48 << 10) {
      JCudaDriver.cuFuncSetAttribute(
          function, CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, shared);
    }
    return new Kernel(function, shared);
  }

  /// A kernel, ready to run.
  record Kernel(CUfunction function, int shared) {}

  /// Asks for a kernel to be run.
  ///
  /// @param arguments integers, floats, longs, memory
  void launch(Kernel kernel, int blocks, int blocksY, int threads, Object... arguments) {
    launchShared(kernel, kernel.shared(), blocks, blocksY, threads, arguments);
  }

  /// The same with another amount of shared memory, up to 48 KiB.
  void launchShared(
      Kernel kernel, int shared, int blocks, int blocksY, int threads, Object... arguments) {
    Pointer[] pointers = new Pointer[arguments.length];
    for (int i = 0; i < arguments.length; i++) {
      pointers[i] =
          switch (arguments[i]) {
            case Integer number -> Pointer.to(new int[] {number});
            case Float number -> Pointer.to(new float[] {number});
            case Long number -> Pointer.to(new long[] {number});
            case Memory memory -> Pointer.to(new long[] {memory.address()});
            default -> throw new IllegalArgumentException(arguments[i].toString());
          };
    }
    JCudaDriver.cuLaunchKernel(
        kernel.function(),
        blocks,
        blocksY,
        1,
        threads,
        1,
        1,
        shared,
        stream,
        Pointer.to(pointers),
        null);
  }

  /// Records what `work` asks for, so that it can be asked for again at once; nothing is done yet.
  CUgraphExec record(Runnable work) {
    CUgraph graph = new CUgraph();
    JCudaDriver.cuStreamBeginCapture(
        stream, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
    try {
      work.run();
    } finally {
      JCudaDriver.cuStreamEndCapture(stream, graph);
    }
    CUgraphExec recorded = new CUgraphExec();
    JCudaDriver.cuGraphInstantiate(recorded, graph, 0);
    JCudaDriver.cuGraphDestroy(graph);
    return recorded;
  }

  /// Asks for what was recorded.
  void replay(CUgraphExec recorded) {
    JCudaDriver.cuGraphLaunch(recorded, stream);
  }

  void forget(CUgraphExec recorded) {
    JCudaDriver.cuGraphExecDestroy(recorded);
  }

  /// A mark in the stream.
  CUevent mark() {
    CUevent event = new CUevent();
    JCudaDriver.cuEventCreate(event, 0);
    JCudaDriver.cuEventRecord(event, stream);
    return event;
  }

  /// Waits until the work before a mark is done.
  void await(CUevent event) {
    JCudaDriver.cuEventSynchronize(event);
  }

  void forget(CUevent event) {
    JCudaDriver.cuEventDestroy(event);
  }

  /// Nanoseconds between two marks that the stream has passed: to about half a microsecond if they
  /// are not far apart, and to one in ten million else.
  long nanos(CUevent begin, CUevent end) {
    float[] millis = new float[1];
    JCudaDriver.cuEventElapsedTime(millis, begin, end);
    return Math.round(millis[0] * 1e6);
  }

  /// Nanoseconds that the device takes for `work`.
  long nanos(Runnable work) {
    CUevent begin = mark();
    work.run();
    CUevent end = mark();
    await(end);
    long nanos = nanos(begin, end);
    forget(begin);
    forget(end);
    return nanos;
  }

  /// Waits until all work is done.
  void await() {
    JCudaDriver.cuStreamSynchronize(stream);
  }

  @Override
  public void close() {
    enter();
    try {
      JCudaDriver.cuStreamSynchronize(stream);
    } catch (CudaException e) {
      return; // the device is lost, and its memory with it
    }
    allocated.forEach(JCudaDriver::cuMemFree);
    pinned.forEach(JCudaDriver::cuMemFreeHost);
    JCudaDriver.cuStreamDestroy(stream);
    JCudaDriver.cuDevicePrimaryCtxRelease(device);
  }
}
