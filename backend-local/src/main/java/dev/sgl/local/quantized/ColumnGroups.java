package dev.sgl.local.quantized;

/// The groups of columns that are in another order than in the weight.
final class ColumnGroups {
  private ColumnGroups() {}

  /// The group of each column, as a tensor of a module has it; empty if groups are
  /// neighbouring columns.
  ///
  /// @param width columns of a group
  /// @throws dev.sgl.local.weights.ModelException if the tensor is missing, or has a group
  ///     that there is not
  static int[] of(QuantizedModule module, String part, int columns, int width) {
    Tensor tensor = module.take(part);
    if (!tensor.format().equals("I32") && !tensor.format().equals("I64")) {
      throw module.wrong(tensor, "has no whole numbers");
    }
    module.require(tensor, columns);
    long[] numbers = tensor.integers();
    int groups = (columns + width - 1) / width;
    int[] order = new int[columns];
    boolean isUsual = true;
    boolean isUnset = true; // -1, as compressed-tensors leaves it if it is not used
    for (int c = 0; c < columns; c++) {
      isUnset &= numbers[c] == -1;
      isUsual &= numbers[c] == c / width;
      if (numbers[c] < -1 || numbers[c] >= groups || numbers[c] == -1 && !isUnset) {
        throw module.wrong(tensor, "has the group " + numbers[c] + " of " + groups);
      }
      order[c] = (int) numbers[c];
    }
    if (isUnset || isUsual) {
      return new int[0];
    }
    if (order[0] == -1) {
      throw module.wrong(tensor, "has the group -1 of " + groups);
    }
    return order;
  }
}
