package dev.sgl.local.kernel.gpu.products;

import dev.sgl.local.kernel.gpu.port.Format;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.products.CodeLayout.Kind;
import dev.sgl.local.weights.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The files of products, for tests that compile them.
public final class ProductFiles {
  /// One of each kind of codes, and of scales.
  private static final Map<DType, List<CodeLayout>> LAYOUTS =
      Map.of(
          DType.BF16,
          List.of(new CodeLayout(Kind.E4M3, 0, false), new CodeLayout(Kind.INT4, 32, true)),
          DType.F16,
          List.of(new CodeLayout(Kind.INT8, 16, false)));

  private ProductFiles() {}

  /// All files in both formats.
  public static List<Gpu.KernelFile> all() {
    List<Gpu.KernelFile> files = new ArrayList<>();
    for (DType type : List.of(DType.BF16, DType.F16)) {
      Format format = new Format(type);
      files.add(PlainProducts.embedFile(format));
      files.add(SkinnyProducts.file(format));
      for (VectorProducts.Share share : VectorProducts.Share.values()) {
        files.add(VectorProducts.file(format, share));
      }
      files.add(NarrowProducts.file(format));
      for (CodeLayout layout : LAYOUTS.getOrDefault(type, List.of())) {
        files.add(FewRowProducts.file(format, layout));
        files.add(WideProducts.file(format, layout));
        files.add(WidenedProducts.file(format, layout));
      }
    }
    return files;
  }
}
