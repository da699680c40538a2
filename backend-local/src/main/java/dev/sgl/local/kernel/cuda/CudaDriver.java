package dev.sgl.local.kernel.cuda;

import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;

import dev.sgl.local.kernel.gpu.GpuDevice;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.GpuException;
import dev.sgl.local.kernel.gpu.port.OutOfDeviceMemory;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import jcuda.CudaException;
import jcuda.NativePointerObject;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;

/// One NVIDIA GPU through the CUDA driver.
public final class CudaDriver implements Gpu {
  private static final int STREAM_NON_BLOCKING = 1;

  /// For bf16 and copies that do not wait.
  private static final int LEAST_CAPABILITY = 80;

  /// The largest dynamic shared memory of a kernel that needs no attribute, in bytes.
  private static final int PLAIN_SHARED = 48 << 10;

  /// Of Linux, and of Linux within Windows.
  private static final List<Path> DRIVER =
      List.of(Path.of("/dev/nvidiactl"), Path.of("/dev/nvidia0"), Path.of("/dev/dxg"));

  private final CUdevice device = new CUdevice();
  private final CUcontext context = new CUcontext();
  private final CUstream stream = new CUstream();
  private final CUstream beside = new CUstream(); // of copies that wait for nothing
  private final CUevent copied = new CUevent(); // the last of them
  private final Map<Long, CUdeviceptr> allocated = new HashMap<>(); // by their addresses
  private final Map<Long, Pointer> pinned = new HashMap<>();
  private final Map<KernelFile, CUmodule> modules = new HashMap<>();
  private final Set<Signature> checked = new HashSet<>();
  private Optional<Libraries> libraries = Optional.empty();

  /// The libraries beside the driver.
  private record Libraries(
      Cubins cubins, CublasLt cublas, Launches launches, Parameters parameters) {}

  /// A kernel and the class of its arguments.
  private record Signature(CudaKernel kernel, Class<? extends Record> arguments) {}

  private record CudaKernel(String name, CUfunction function) implements Kernel {}

  private record CudaMark(CUevent event) implements Mark {}

  private record CudaRecorded(CUgraphExec graph) implements Recorded {}

  /// The address that a pointer of JCuda holds.
  private static final class Address extends NativePointerObject {
    Address(NativePointerObject of) {
      super(of);
    }

    long value() {
      return getNativePointer();
    }
  }

  private CudaDriver() {}

  /// Opens a GPU as a device.
  ///
  /// @throws GpuException if there is no such GPU, or a library for it is missing
  public static GpuDevice device(GpuDevice.Options options) {
    Gpu driver = open(options.index());
    try {
      return new GpuDevice(driver, options);
    } catch (RuntimeException | Error e) {
      driver.close();
      throw e;
    }
  }

  /// Opens GPU number `index`.
  ///
  /// @throws GpuException if there is none, or no driver or library for it
  public static Gpu open(int index) {
    return open(index, Cubins.userFolder());
  }

  /// The same.
  ///
  /// @param cache the folder of compiled kernels
  static CudaDriver open(int index, Path cache) {
    requireDriver();
    CudaDriver driver = new CudaDriver();
    try {
      JCudaDriver.setExceptionsEnabled(true);
      JCudaDriver.cuInit(0);
      int[] count = new int[1];
      JCudaDriver.cuDeviceGetCount(count);
      if (index >= count[0]) {
        throw new GpuException(
            count[0] == 0 ? "there is no GPU" : "there is no GPU " + index + ", only " + count[0]);
      }
      JCudaDriver.cuDeviceGet(driver.device, index);
      JCudaDriver.cuDevicePrimaryCtxRetain(driver.context, driver.device);
      driver.enter();
      JCudaDriver.cuStreamCreate(driver.stream, STREAM_NON_BLOCKING);
      JCudaDriver.cuStreamCreate(driver.beside, STREAM_NON_BLOCKING);
      JCudaDriver.cuEventCreate(driver.copied, CUevent_flags.CU_EVENT_DISABLE_TIMING);
    } catch (LinkageError e) {
      throw new GpuException("no NVIDIA driver that could be loaded", e);
    } catch (CudaException e) {
      throw new GpuException("the GPU cannot be used: " + e.getMessage(), e);
    }
    try {
      driver.libraries = Optional.of(driver.openLibraries(cache));
      return driver;
    } catch (RuntimeException | Error e) {
      driver.close();
      throw e;
    }
  }

  private Libraries openLibraries(Path cache) {
    if (capability() < LEAST_CAPABILITY) {
      throw new GpuException(
          "%s is too old: the kernels need compute capability 8.0".formatted(name()));
    }
    Parameters parameters = new Parameters();
    return new Libraries(
        new Cubins(chip(), cache), new CublasLt(this), new Launches(parameters), parameters);
  }

  private Libraries libraries() {
    return libraries.orElseThrow();
  }

  /// Looks for the driver's devices: faster than to let JCuda fail, where most have no GPU.
  private static void requireDriver() {
    if (DRIVER.stream().noneMatch(Files::exists)) {
      throw new GpuException("no NVIDIA driver");
    }
  }

  @Override
  public void enter() {
    JCudaDriver.cuCtxSetCurrent(context);
  }

  @Override
  public String name() {
    byte[] name = new byte[256];
    JCudaDriver.cuDeviceGetName(name, name.length, device);
    return new String(name, StandardCharsets.UTF_8).replaceFirst("\0.*", "");
  }

  /// Such as `sm_90`.
  private String chip() {
    return "sm_" + capability();
  }

  @Override
  public int capability() {
    return 10 * attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
        + attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
  }

  @Override
  public int mostShared() {
    return attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
  }

  @Override
  public int multiprocessors() {
    return attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
  }

  private int attribute(int which) {
    int[] value = new int[1];
    JCudaDriver.cuDeviceGetAttribute(value, which, device);
    return value[0];
  }

  @Override
  public long free() {
    long[] free = new long[1];
    JCudaDriver.cuMemGetInfo(free, new long[1]);
    return free[0];
  }

  /// The stream as libraries know it.
  long stream() {
    return new Address(stream).value();
  }

  // --- memory

  @Override
  public Memory allocate(long bytes) {
    CUdeviceptr pointer = new CUdeviceptr();
    try {
      JCudaDriver.cuMemAlloc(pointer, Math.max(16, bytes));
    } catch (CudaException e) {
      throw new OutOfDeviceMemory("the next step of loading or computing needs", bytes, free());
    }
    Memory memory = new Memory(new Address(pointer).value(), bytes);
    allocated.put(memory.address(), pointer);
    return memory;
  }

  private CUdeviceptr pointer(Memory memory) {
    CUdeviceptr pointer = allocated.get(memory.address());
    if (pointer == null) {
      throw new IllegalStateException("this memory was freed");
    }
    return pointer;
  }

  @Override
  public void free(Memory memory) {
    CUdeviceptr pointer = allocated.remove(memory.address());
    if (pointer != null) {
      call(() -> JCudaDriver.cuMemFree(pointer));
    }
  }

  @Override
  public Pinned pin(long bytes) {
    Pointer pointer = new Pointer();
    call(() -> JCudaDriver.cuMemAllocHost(pointer, bytes));
    MemorySegment segment = MemorySegment.ofBuffer(pointer.getByteBuffer(0, bytes));
    pinned.put(segment.address(), pointer);
    return new Pinned(segment);
  }

  private Pointer pointer(Pinned memory) {
    Pointer pointer = pinned.get(memory.segment().address());
    if (pointer == null) {
      throw new IllegalStateException("this memory was unpinned");
    }
    return pointer;
  }

  @Override
  public void unpin(Pinned memory) {
    Pointer pointer = pinned.remove(memory.segment().address());
    if (pointer != null) {
      call(() -> JCudaDriver.cuMemFreeHost(pointer));
    }
  }

  @Override
  public void upload(Pinned from, Memory to, long offset, long bytes) {
    call(
        () ->
            JCudaDriver.cuMemcpyHtoDAsync(
                pointer(to).withByteOffset(offset), pointer(from), bytes, stream));
  }

  @Override
  public void uploadBeside(Pinned from, Memory to, long bytes) {
    call(() -> JCudaDriver.cuMemcpyHtoDAsync(pointer(to), pointer(from), bytes, beside));
    call(() -> JCudaDriver.cuEventRecord(copied, beside));
    call(() -> JCudaDriver.cuStreamWaitEvent(stream, copied, 0));
  }

  @Override
  public void download(Memory from, Pinned to, long bytes) {
    call(() -> JCudaDriver.cuMemcpyDtoHAsync(pointer(to), pointer(from), bytes, stream));
  }

  @Override
  public void copy(Memory from, Memory to, long bytes) {
    call(() -> JCudaDriver.cuMemcpyDtoDAsync(pointer(to), pointer(from), bytes, stream));
  }

  @Override
  public void fill(Memory memory, int value) {
    call(() -> JCudaDriver.cuMemsetD8Async(pointer(memory), (byte) value, memory.bytes(), stream));
  }

  // --- work

  private CUmodule load(KernelFile file) {
    CUmodule module = new CUmodule();
    call(() -> JCudaDriver.cuModuleLoadData(module, libraries().cubins().of(file)));
    return module;
  }

  @Override
  public Kernel kernel(KernelFile file, String name, int shared) {
    CUfunction function = new CUfunction();
    call(
        () ->
            JCudaDriver.cuModuleGetFunction(
                function, modules.computeIfAbsent(file, this::load), name));
    if (shared > PLAIN_SHARED) {
      call(
          () ->
              JCudaDriver.cuFuncSetAttribute(
                  function,
                  CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                  shared));
    }
    return new CudaKernel(name, function);
  }

  @Override
  public void launch(Kernel kernel, Grid grid, Record arguments) {
    CudaKernel own = (CudaKernel) kernel;
    Signature signature = new Signature(own, arguments.getClass());
    if (!checked.contains(signature)) {
      long function = new Address(own.function()).value();
      libraries().parameters().check(own.name(), function, arguments.getClass());
      checked.add(signature);
    }
    libraries().launches().launch(new Address(own.function()).value(), grid, stream(), arguments);
  }

  @Override
  public void multiply(Operand x, Operand weight, float factor, Memory out, ProductShape shape) {
    libraries().cublas().multiply(x, weight, factor, out, shape);
  }

  @Override
  public Recorded record(Runnable work) {
    CUgraph graph = new CUgraph();
    call(
        () ->
            JCudaDriver.cuStreamBeginCapture(
                stream, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
    try {
      work.run();
    } finally {
      call(() -> JCudaDriver.cuStreamEndCapture(stream, graph));
    }
    CUgraphExec recorded = new CUgraphExec();
    call(() -> JCudaDriver.cuGraphInstantiate(recorded, graph, 0));
    call(() -> JCudaDriver.cuGraphDestroy(graph));
    return new CudaRecorded(recorded);
  }

  @Override
  public void replay(Recorded recorded) {
    call(() -> JCudaDriver.cuGraphLaunch(((CudaRecorded) recorded).graph(), stream));
  }

  @Override
  public void forget(Recorded recorded) {
    call(() -> JCudaDriver.cuGraphExecDestroy(((CudaRecorded) recorded).graph()));
  }

  @Override
  public Mark mark() {
    CUevent event = new CUevent();
    call(() -> JCudaDriver.cuEventCreate(event, 0));
    call(() -> JCudaDriver.cuEventRecord(event, stream));
    return new CudaMark(event);
  }

  private static CUevent event(Mark mark) {
    return ((CudaMark) mark).event();
  }

  @Override
  public void await(Mark mark) {
    call(() -> JCudaDriver.cuEventSynchronize(event(mark)));
  }

  @Override
  public void forget(Mark mark) {
    call(() -> JCudaDriver.cuEventDestroy(event(mark)));
  }

  @Override
  public long nanos(Mark begin, Mark end) {
    float[] millis = new float[1];
    call(() -> JCudaDriver.cuEventElapsedTime(millis, event(begin), event(end)));
    return Math.round(millis[0] * 1e6);
  }

  @Override
  public void await() {
    call(() -> JCudaDriver.cuStreamSynchronize(stream));
  }

  /// Calls the driver, which throws an exception of its own.
  private static void call(Runnable work) {
    try {
      work.run();
    } catch (CudaException e) {
      throw new GpuException("the GPU failed: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    enter();
    libraries.ifPresent(all -> all.cublas().close());
    try {
      JCudaDriver.cuStreamSynchronize(stream);
    } catch (CudaException e) {
      return; // the device is lost, and its memory with it
    }
    allocated.values().forEach(JCudaDriver::cuMemFree);
    pinned.values().forEach(JCudaDriver::cuMemFreeHost);
    JCudaDriver.cuEventDestroy(copied);
    JCudaDriver.cuStreamDestroy(beside);
    JCudaDriver.cuStreamDestroy(stream);
    JCudaDriver.cuDevicePrimaryCtxRelease(device);
  }
}
