package dev.sgl.constraint.machine;

/// What a vocabulary can do in one state of a regular rule, whoever called it.
///
/// @param inside the tokens whose bytes the rule allows, as a bit set
/// @param exits the nodes of the vocabulary, in order, where the rule may end and tokens go on
record DfaMask(long[] inside, int[] exits) {
  int bytes() {
    return 64 + 8 * inside.length + 4 * exits.length;
  }
}
