package dev.sgl.constraint.match;

import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import com.google.common.primitives.Ints;
import dev.sgl.constraint.Budget;
import dev.sgl.constraint.Constraint;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.gbnf.GrammarCompiler;
import dev.sgl.constraint.json.JsonSchemas;
import dev.sgl.constraint.json.scalar.Numbers;
import dev.sgl.constraint.machine.Branch;
import dev.sgl.constraint.machine.Dfa;
import dev.sgl.constraint.machine.Edges;
import dev.sgl.constraint.machine.Node;
import dev.sgl.constraint.regex.CodePoints;
import dev.sgl.constraint.regex.Regex;
import dev.sgl.constraint.regex.RegexCompiler;
import dev.sgl.constraint.regex.RegexParser;
import dev.sgl.constraint.regex.Spelling;
import dev.sgl.constraint.regex.Term;
import dev.sgl.constraint.regex.Terms;
import dev.sgl.constraint.tag.StructuralTag;
import java.util.List;
import java.util.Optional;

/// Compiles constraints, each once as long as it is remembered. Thread-safe.
public final class ConstraintCompiler {
  /// White space before the end that follows a value.
  private static final String BLANK = "( |\\n[ \\t]{0,16})?";

  private static final long STEPS = 8_000_000;
  private static final long SPACE = 400_000;
  private static final int PART = 8; // of the heap: the part that constraints may take is 1/8
  private static final int BYTES_PER_CHARACTER = 8; // of a key: trees of JSON take more than text

  private record Entry(CompiledConstraint constraint, int bytes) {}

  private final Cache<Constraint, Entry> compiled;

  /// A compiler that remembers as much as an eighth of the heap has room for.
  public ConstraintCompiler() {
    this(Runtime.getRuntime().maxMemory() / PART);
  }

  /// @param bytes that all remembered constraints may take; the least recently used ones are
  ///     forgotten first
  ConstraintCompiler(long bytes) {
    compiled =
        CacheBuilder.newBuilder()
            .maximumWeight(bytes)
            .weigher((Constraint key, Entry entry) -> entry.bytes())
            .concurrencyLevel(1) // one bound for all
            .build();
  }

  /// The memory that all remembered constraints take, in bytes, as an estimate.
  long bytes() {
    compiled.cleanUp();
    return compiled.asMap().values().stream().mapToLong(Entry::bytes).sum();
  }

  /// Compiles `constraint`, unless it is known already.
  ///
  /// @throws ConstraintException if it is not well formed, cannot be held to exactly, allows no
  ///     text or is too complex
  public CompiledConstraint compile(Constraint constraint) {
    Entry known = compiled.getIfPresent(constraint);
    if (known != null && !known.constraint().isWorn()) {
      return known.constraint();
    }
    Budget budget = new Budget(STEPS, SPACE);
    try {
      long key = (long) length(constraint) * BYTES_PER_CHARACTER;
      CompiledConstraint made =
          new CompiledConstraint(
              node(constraint, budget),
              budget,
              (grown, before) ->
                  compiled
                      .asMap()
                      .replace(
                          constraint,
                          entry(grown, key + before),
                          entry(grown, key + grown.bytes())));
      compiled.put(constraint, entry(made, key + made.bytes()));
      return made;
    } catch (StackOverflowError e) {
      throw ConstraintException.tooComplex("it is nested too deeply");
    }
  }

  private static Entry entry(CompiledConstraint constraint, long bytes) {
    return new Entry(constraint, Ints.saturatedCast(bytes));
  }

  /// Characters of a constraint as it was given.
  private static int length(Constraint constraint) {
    return switch (constraint) {
      case Constraint.JsonSchema(var schema, _, _, var documents) ->
          schema.toString().length()
              + documents.values().stream().mapToInt(node -> node.toString().length()).sum();
      case Constraint.Grammar(var text) -> text.length();
      case Constraint.Pattern(var regex) -> regex.length();
      case Constraint.Text(var text) -> text.length();
      case Constraint.OneOf(var choices) ->
          choices.stream().mapToInt(ConstraintCompiler::length).sum();
      case Constraint.Fenced(var value) -> length(value);
      case Constraint.Followed(var value, var end) -> length(value) + end.length();
      case Constraint.Length _, Constraint.IntRange _ -> 0;
    };
  }

  private static Node node(Constraint constraint, Budget budget) {
    return switch (constraint) {
      case Constraint.JsonSchema(var schema, var style, var formats, var documents) ->
          JsonSchemas.compile(
              schema, style, formats, uri -> Optional.ofNullable(documents.get(uri)), budget);
      case Constraint.Grammar(var tag) when StructuralTag.isOne(tag) ->
          StructuralTag.compile(tag, content -> node(content, budget), budget);
      case Constraint.Grammar(var gbnf) -> GrammarCompiler.compile(gbnf, budget);
      case Constraint.OneOf(var choices) -> {
        List<Node> starts = choices.stream().map(c -> node(c, budget)).toList();
        yield Choice.of(starts);
      }
      case Constraint.Fenced(var value) -> {
        Node start = node(value, budget);
        Terms terms = new Terms(budget);
        Term tag = terms.optional(terms.text("json"));
        Term fence = terms.concat(terms.text("```"), tag, terms.text("\n"));
        Node fenced = new Dfa(terms, budget).state(fence);
        yield Choice.of(
            new Edges.Builder().call(start, Branch.END).call(fenced, start), start.isNullable());
      }
      case Constraint.Followed(var value, var end) -> {
        Terms terms = new Terms(budget);
        RegexCompiler compiler = new RegexCompiler(terms, Spelling.RAW);
        Term blank = compiler.compile(RegexParser.parse(BLANK, RegexParser.Dialect.ECMA));
        Node behind = new Dfa(terms, budget).state(terms.concat(blank, terms.text(end)));
        yield Choice.of(new Edges.Builder().call(node(value, budget), behind), false);
      }
      case Constraint.Text _, Constraint.Length _, Constraint.IntRange _, Constraint.Pattern _ -> {
        Terms terms = new Terms(budget);
        Term term = term(constraint, terms);
        if (terms.search().isEmpty(term)) {
          throw new ConstraintException("the pattern matches no text");
        }
        yield new Dfa(terms, budget).state(term);
      }
    };
  }

  private static Term term(Constraint constraint, Terms terms) {
    RegexCompiler compiler = new RegexCompiler(terms, Spelling.RAW);
    return switch (constraint) {
      case Constraint.Text(var text) -> terms.text(text);
      case Constraint.Length(int min, int max) ->
          compiler.compile(new Regex.Repeat(new Regex.Chars(CodePoints.ALL), min, max));
      case Constraint.IntRange(long min, long max) -> Numbers.integers(terms, min, max);
      case Constraint.Pattern(var regex) ->
          compiler.compile(RegexParser.parse(regex, RegexParser.Dialect.ECMA), terms.empty);
      case Constraint.JsonSchema _, Constraint.Grammar _, Constraint.OneOf _ ->
          throw new AssertionError(constraint);
      case Constraint.Fenced _, Constraint.Followed _ -> throw new AssertionError(constraint);
    };
  }

  /// A place at which one of several constraints begins.
  private record Choice(Edges edges, boolean isNullable) implements Branch {

    static Choice of(List<Node> starts) {
      Edges.Builder builder = new Edges.Builder();
      starts.forEach(start -> builder.call(start, Branch.END));
      return of(builder, starts.stream().anyMatch(Node::isNullable));
    }

    static Choice of(Edges.Builder builder, boolean nullable) {
      return new Choice(nullable ? builder.accept().build() : builder.build(), nullable);
    }
  }
}
