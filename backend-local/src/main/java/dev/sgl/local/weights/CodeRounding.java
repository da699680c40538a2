package dev.sgl.local.weights;

/// Ways to quantize numbers to codes: each group of columns by itself, to the nearest code.
public enum CodeRounding {
  /// 8 bits, groups of 32: the blocks Q8_0 of GGUF files.
  Q8_0(Quantization.symmetric(8, 32)) {
    @Override
    float scale(float[] numbers, int from, int to) {
      return Math.abs(numbers[most(numbers, from, to)]) / 127;
    }

    @Override
    int code(float ratio) {
      int size = (int) Math.abs(ratio);
      int rounded = size + (int) (2 * (Math.abs(ratio) - size)); // halves away from 0
      return 128 + (ratio < 0 ? -rounded : rounded);
    }
  },

  /// 4 bits, groups of 32: the blocks Q4_0 of GGUF files. The number of the largest magnitude has
  /// the code 0, so that the scale has its sign.
  Q4_0(Quantization.symmetric(4, 32)) {
    @Override
    float scale(float[] numbers, int from, int to) {
      return numbers[most(numbers, from, to)] / -8;
    }

    @Override
    int code(float ratio) {
      return Math.clamp((int) (ratio + 8.5f), 0, 15);
    }
  },

  /// 4 bits, groups of 128.
  INT4(Quantization.symmetric(4, 128)) {
    @Override
    float scale(float[] numbers, int from, int to) {
      return Math.abs(numbers[most(numbers, from, to)]) / 7.5f;
    }

    @Override
    int code(float ratio) {
      return Math.clamp(Math.round(ratio) + 8, 0, 15);
    }
  };

  private final Quantization scheme;

  CodeRounding(Quantization scheme) {
    this.scheme = scheme;
  }

  /// The meaning of its codes.
  public Quantization scheme() {
    return scheme;
  }

  /// The scale of a group.
  abstract float scale(float[] numbers, int from, int to);

  /// The code of a number, given as a multiple of the scale.
  abstract int code(float ratio);

  private static int most(float[] numbers, int from, int to) {
    int most = from;
    for (int i = from + 1; i < to; i++) {
      most = Math.abs(numbers[i]) > Math.abs(numbers[most]) ? i : most;
    }
    return most;
  }

  /// Quantizes the first `columns` numbers. Scales are rounded to half precision behind the codes.
  public void quantize(float[] numbers, int columns, Quantization.Row out) {
    for (int from = 0; from < columns; from += scheme.group()) {
      int to = Math.min(columns, from + scheme.group());
      float scale = scale(numbers, from, to);
      float inverse = scale == 0 ? 0 : 1 / scale;
      out.scales()[from / scheme.group()] = Float.float16ToFloat(Float.floatToFloat16(scale));
      for (int i = from; i < to; i++) {
        out.codes()[i] = (byte) code(numbers[i] * inverse);
      }
    }
  }
}
