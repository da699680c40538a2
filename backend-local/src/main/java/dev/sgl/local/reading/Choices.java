package dev.sgl.local.reading;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// The tokens of several choices as a tree, in which choices share the nodes of their common
/// prefix.
///
/// @param run the tokens up to where choices part or end
/// @param ends the choices that end there
/// @param children what may follow, each beginning with another token
public record Choices(int[] run, List<Integer> ends, List<Choices> children) {

  /// The tree of at least one choice. Choices are known by their places in the list.
  public static Choices of(List<int[]> choices) {
    return of(choices, IntStream.range(0, choices.size()).boxed().toList(), 0);
  }

  /// The same for choices that are known by other numbers than their places in the list.
  public static Choices of(List<Integer> numbers, List<int[]> choices) {
    return of(choices).renamed(numbers);
  }

  private Choices renamed(List<Integer> numbers) {
    return new Choices(
        run,
        ends.stream().map(numbers::get).toList(),
        children.stream().map(child -> child.renamed(numbers)).toList());
  }

  /// The tree of those choices that are in `members`, from the token `depth` on, up to which they
  /// are the same.
  private static Choices of(List<int[]> choices, List<Integer> members, int depth) {
    int[] first = choices.get(members.getFirst());
    int end = first.length;
    for (int member : members) {
      int at = Arrays.mismatch(first, choices.get(member));
      end = at < 0 ? end : Math.min(end, at);
    }
    List<Integer> ends = new ArrayList<>();
    List<List<Integer>> groups = new ArrayList<>();
    for (int member : members) {
      int[] choice = choices.get(member);
      if (choice.length == end) {
        ends.add(member);
      } else {
        group(choices, groups, choice[end], end).add(member);
      }
    }
    List<Choices> children = new ArrayList<>();
    for (List<Integer> group : groups) {
      children.add(of(choices, group, end));
    }
    return new Choices(Arrays.copyOfRange(first, depth, end), ends, children);
  }

  /// The group whose choices have `token` at `depth`; a new one if there is none.
  private static List<Integer> group(
      List<int[]> choices, List<List<Integer>> groups, int token, int depth) {
    for (List<Integer> group : groups) {
      if (choices.get(group.getFirst())[depth] == token) {
        return group;
      }
    }
    List<Integer> group = new ArrayList<>();
    groups.add(group);
    return group;
  }

  /// Whether no choice continues after this run.
  public boolean isLeaf() {
    return children.isEmpty();
  }

  /// The first token of each child.
  public int[] heads() {
    return children.stream().mapToInt(child -> child.run[0]).toArray();
  }

  /// All choices that end here or below.
  public List<Integer> all() {
    List<Integer> all = new ArrayList<>(ends);
    children.forEach(child -> all.addAll(child.all()));
    return all;
  }
}
