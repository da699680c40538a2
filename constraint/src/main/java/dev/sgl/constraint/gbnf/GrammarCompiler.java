package dev.sgl.constraint.gbnf;

import dev.sgl.constraint.Budget;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.gbnf.Rule.Symbol;
import dev.sgl.constraint.machine.Dfa;
import dev.sgl.constraint.machine.Node;
import dev.sgl.constraint.regex.Regex;
import dev.sgl.constraint.regex.RegexCompiler;
import dev.sgl.constraint.regex.Spelling;
import dev.sgl.constraint.regex.Term;
import dev.sgl.constraint.regex.Terms;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Makes the beginning of a [dev.sgl.constraint.machine.Machine] of a grammar.
///
/// Rules that do not call themselves, however far around, are regular: they become automata, as
/// part of those that use them. The others become rules of the machine.
public final class GrammarCompiler {
  private static final String ROOT = "root";

  private final Map<String, Regex> sources;
  private final Budget budget;
  private final Terms terms;
  private final RegexCompiler regexes;
  private final Dfa dfa;
  private final Map<String, Set<String>> called = new HashMap<>(); // directly
  private final Map<String, Set<String>> reached = new HashMap<>(); // around any number of corners
  private final Map<String, Boolean> isRegular = new HashMap<>();
  private final Map<String, Rule> rules = new HashMap<>();
  private final List<Rule> all = new ArrayList<>(); // also those of groups and repeats

  private GrammarCompiler(Map<String, Regex> sources, Budget budget) {
    this.sources = sources;
    this.budget = budget;
    terms = new Terms(budget);
    regexes = new RegexCompiler(terms, Spelling.RAW, this::source);
    dfa = new Dfa(terms, budget);
  }

  /// The texts that a grammar in GBNF or in Lark's notation allows.
  ///
  /// @throws ConstraintException if the grammar is not well formed or allows no text
  public static Node compile(String grammar, Budget budget) {
    Map<String, Regex> sources =
        LarkParser.isLark(grammar) ? LarkParser.parse(grammar) : GrammarParser.parse(grammar);
    return new GrammarCompiler(sources, budget).compile();
  }

  private Node compile() {
    if (!sources.containsKey(ROOT)) {
      throw new ConstraintException("bad grammar: the rule `root` is missing");
    }
    sources.forEach((name, regex) -> called.put(name, namesIn(regex)));
    for (Map.Entry<String, Set<String>> entry : called.entrySet()) {
      for (String name : entry.getValue()) {
        if (!sources.containsKey(name)) {
          throw new ConstraintException(
              "bad grammar: the rule `"
                  + name
                  + "`, which `"
                  + entry.getKey()
                  + "` uses, is missing");
        }
      }
    }
    if (isRegular(ROOT)) {
      Term term = regexes.compile(source(ROOT));
      if (terms.search().isEmpty(term)) {
        throw nothing();
      }
      return dfa.state(term);
    }
    Rule root = rule(ROOT);
    settle();
    if (!root.productive) {
      throw nothing();
    }
    return root.nodes().start();
  }

  private static ConstraintException nothing() {
    return new ConstraintException("the grammar allows no text");
  }

  private static Set<String> namesIn(Regex regex) {
    Set<String> names = new LinkedHashSet<>();
    switch (regex) {
      case Regex.Chars _, Regex.Assert _, Regex.LookAhead _ -> {}
      case Regex.Rule(var name) -> names.add(name);
      case Regex.Concat(var parts) -> parts.forEach(p -> names.addAll(namesIn(p)));
      case Regex.Either(var choices) -> choices.forEach(c -> names.addAll(namesIn(c)));
      case Regex.Repeat(var item, _, _) -> names.addAll(namesIn(item));
    }
    return names;
  }

  // --- regular rules

  /// Whether no rule that `name` leads to leads to itself.
  private boolean isRegular(String name) {
    Boolean known = isRegular.get(name);
    if (known == null) {
      Set<String> used = reach(name);
      known = !used.contains(name) && used.stream().noneMatch(rule -> reach(rule).contains(rule));
      isRegular.put(name, known);
    }
    return known;
  }

  /// The rules that are called from `name`, directly or not.
  private Set<String> reach(String name) {
    Set<String> known = reached.get(name);
    if (known == null) {
      known = new HashSet<>();
      List<String> open = new ArrayList<>(called.getOrDefault(name, Set.of()));
      while (!open.isEmpty()) {
        String next = open.removeLast();
        budget.spend(1);
        if (known.add(next)) {
          open.addAll(called.getOrDefault(next, Set.of()));
        }
      }
      reached.put(name, known);
    }
    return known;
  }

  private Regex source(String name) {
    return sources.getOrDefault(name, new Regex.Either(List.of()));
  }

  // --- other rules

  private Rule rule(String name) {
    Rule known = rules.get(name);
    if (known == null) {
      known = new Rule(name);
      rules.put(name, known);
      all.add(known);
      fill(known, source(name));
    }
    return known;
  }

  private void fill(Rule rule, Regex regex) {
    List<Regex> choices = regex instanceof Regex.Either(var c) ? c : List.of(regex);
    for (Regex choice : choices) {
      List<Symbol> symbols = new ArrayList<>();
      List<Regex> run = new ArrayList<>(); // regular parts that follow one another are one
      for (Regex part : choice instanceof Regex.Concat(var parts) ? parts : List.of(choice)) {
        if (isRegular(part)) {
          run.add(part);
        } else {
          flush(run, symbols);
          symbols.add(symbol(part));
        }
      }
      flush(run, symbols);
      rule.alternatives.add(symbols);
    }
  }

  private boolean isRegular(Regex regex) {
    return namesIn(regex).stream().allMatch(this::isRegular);
  }

  private void flush(List<Regex> run, List<Symbol> symbols) {
    if (!run.isEmpty()) {
      Term term = regexes.compile(new Regex.Concat(run));
      run.clear();
      if (term == terms.nothing) {
        symbols.add(new Symbol.Call(new Rule("nothing"))); // never productive
      } else if (term != terms.empty) {
        symbols.add(new Symbol.Regular(dfa.state(term)));
      }
    }
  }

  private Symbol symbol(Regex regex) {
    return new Symbol.Call(
        switch (regex) {
          case Regex.Rule(var name) -> rule(name);
          case Regex.Repeat(var item, int min, int max) -> repeat(item, min, max);
          case Regex.Concat _, Regex.Either _, Regex.Chars _ -> group(regex);
          case Regex.Assert _, Regex.LookAhead _ -> group(regex); // no grammar has them
        });
  }

  private Rule group(Regex regex) {
    Rule rule = new Rule("group");
    all.add(rule);
    fill(rule, regex);
    return rule;
  }

  /// `item{m,n}`: m times it, and then up to n - m times it, or as often as one likes.
  private Rule repeat(Regex item, int min, int max) {
    Symbol once = symbol(item);
    Rule more = new Rule("more");
    all.add(more);
    more.alternatives.add(List.of());
    if (max == Regex.UNBOUNDED) {
      more.alternatives.add(List.of(once, new Symbol.Call(more)));
    } else {
      for (int i = min; i < max; i++) {
        Rule longer = new Rule("more");
        all.add(longer);
        budget.keep(1);
        longer.alternatives.add(List.of());
        longer.alternatives.add(List.of(once, new Symbol.Call(more)));
        more = longer;
      }
    }
    Rule rule = new Rule("repeat");
    all.add(rule);
    List<Symbol> symbols = new ArrayList<>();
    for (int i = 0; i < min; i++) {
      budget.keep(1);
      symbols.add(once);
    }
    symbols.add(new Symbol.Call(more));
    rule.alternatives.add(symbols);
    return rule;
  }

  // --- what holds of all rules

  private void settle() {
    boolean changed = true;
    while (changed) {
      changed = false;
      for (Rule rule : all) {
        budget.spend(1);
        boolean productive =
            rule.alternatives.stream().anyMatch(a -> a.stream().allMatch(Symbol::isProductive));
        boolean nullable =
            rule.alternatives.stream().anyMatch(a -> a.stream().allMatch(Symbol::isNullable));
        changed |= productive != rule.productive || nullable != rule.nullable;
        rule.productive = productive;
        rule.nullable = nullable;
      }
    }
    for (Rule rule : all) {
      rule.alternatives.removeIf(a -> !a.stream().allMatch(Symbol::isProductive));
    }
    Map<Rule, Set<Rule>> left = new HashMap<>();
    all.forEach(rule -> left.put(rule, leftCorners(rule)));
    for (Rule rule : all) {
      Set<Rule> mine = left.getOrDefault(rule, Set.of());
      if (mine.contains(rule)) {
        rule.leftGroup =
            all.stream()
                .filter(r -> mine.contains(r) && left.getOrDefault(r, Set.of()).contains(rule))
                .toList();
      }
    }
  }

  /// The rules with which `rule` may begin, directly or not.
  private Set<Rule> leftCorners(Rule rule) {
    Set<Rule> corners = new LinkedHashSet<>();
    List<Rule> open = new ArrayList<>(List.of(rule));
    while (!open.isEmpty()) {
      for (List<Symbol> alternative : open.removeLast().alternatives) {
        for (Symbol symbol : alternative) {
          budget.spend(1);
          if (symbol instanceof Symbol.Call(var first) && corners.add(first)) {
            open.add(first);
          }
          if (!symbol.isNullable()) {
            break;
          }
        }
      }
    }
    return corners;
  }
}
