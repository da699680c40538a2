package dev.sgl.local.kernel.gpu;

import dev.sgl.local.kernel.AttentionShape.Scoring;
import dev.sgl.local.kernel.KvCacheType;
import dev.sgl.local.kernel.gpu.port.Format;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.products.ProductFiles;
import dev.sgl.local.weights.DType;
import java.util.ArrayList;
import java.util.List;

/// The files of kernels as a GPU is asked for them, for tests that compile them.
public final class KernelFiles {
  private KernelFiles() {}

  /// All files in both formats, and for a few sizes of heads.
  public static List<Gpu.KernelFile> all() {
    List<Gpu.KernelFile> files = new ArrayList<>();
    for (DType type : List.of(DType.BF16, DType.F16)) {
      Format format = new Format(type);
      files.add(Rows.file(format));
      files.add(Variants.file(format));
      files.add(Convolution.file(format));
      files.add(Pick.file(format));
      for (KvCacheType kept : KvCacheType.values()) {
        files.add(Pages.file(format, kept));
        files.add(Attention.file(format, kept, usual(128), 16));
        files.add(Prompts.file(format, kept, usual(128), 16));
      }
    }
    for (int dim : new int[] {16, 64, 80, 256}) {
      files.add(Attention.file(new Format(DType.BF16), KvCacheType.AUTO, usual(dim), 16));
    }
    files.add(Attention.file(new Format(DType.BF16), KvCacheType.FP8, usual(80), 16));
    files.add(Attention.file(new Format(DType.BF16), KvCacheType.AUTO, usual(512), 16));
    files.add(Attention.file(new Format(DType.F16), KvCacheType.FP8, usual(384), 8));
    files.add(Prompts.file(new Format(DType.BF16), KvCacheType.AUTO, usual(64), 16));
    files.add(Prompts.file(new Format(DType.F16), KvCacheType.FP8, usual(64), 8));
    files.add(Decoding.file(new Format(DType.F16), KvCacheType.AUTO, usual(64), 8));
    files.add(EarlyDecoding.file(new Format(DType.F16), KvCacheType.AUTO, usual(64), 8));
    files.add(EarlyDecoding.file(new Format(DType.BF16), KvCacheType.AUTO, usual(128), 16));
    for (int dim : new int[] {64, 256}) {
      Attention.Kind capped = new Attention.Kind(dim, new Scoring(0.1f, 50));
      files.add(Attention.file(new Format(DType.BF16), KvCacheType.AUTO, capped, 16));
    }
    Attention.Kind capped = new Attention.Kind(128, new Scoring(0.1f, 50));
    files.add(Prompts.file(new Format(DType.BF16), KvCacheType.AUTO, capped, 16));
    files.add(Decoding.file(new Format(DType.BF16), KvCacheType.AUTO, capped, 16));
    files.add(EarlyDecoding.file(new Format(DType.BF16), KvCacheType.AUTO, capped, 16));
    files.add(Decoding.file(new Format(DType.BF16), KvCacheType.FP8, usual(128), 16));
    files.addAll(ProductFiles.all());
    return files;
  }

  private static Attention.Kind usual(int dim) {
    return new Attention.Kind(dim, Scoring.usual(dim));
  }
}
