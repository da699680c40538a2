package dev.sgl.program;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.MapperConfig;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.AnnotatedClass;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.jsontype.NamedType;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.sgl.annotation.Length;
import dev.sgl.annotation.Matches;
import dev.sgl.annotation.Range;
import dev.sgl.json.OutsideJson;
import java.io.IOException;
import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedArrayType;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Java's types as types of programs, and values from one to the other.
///
/// - `String`, with [Length] or [Matches]: `string`, `string<1..8>`, `r"…"`
/// - integers, `BigInteger`; with [Range]: `int` with the bounds of both
/// - `double`, `float`, `BigDecimal`; with [Range]: `float`
/// - `boolean`: `bool`
/// - enums: one of the constants' names, as Jackson writes them
/// - records: a record; components that are `Optional`, or `@Nullable`, are optional
/// - sealed interfaces of records: one of the records, each with its name in the field `type` first
/// - lists, sets, arrays; with [Length]: lists
/// - `Map<String, T>`: `map<T>`
/// - `LocalDate`, `LocalTime`, `Instant`, `OffsetDateTime`, `Duration`, `UUID`, `URI`: a string of
///   that format
/// - `Object`, `JsonNode`: any JSON
///
/// Jackson's `@JsonProperty`, `@JsonPropertyDescription`, `@JsonTypeName` and `@JsonTypeInfo` (the
/// property's name, or `DEDUCTION` for none) hold. Values are bound by Jackson.
public final class JavaTypes {
  private static final String TAG = "type";

  private static final Map<Class<?>, String> FORMATS =
      Map.of(
          LocalDate.class, "date",
          LocalTime.class, "time",
          Instant.class, "date-time",
          OffsetDateTime.class, "date-time",
          ZonedDateTime.class, "date-time",
          Duration.class, "duration",
          UUID.class, "uuid",
          URI.class, "uri");

  private static final ObjectMapper JSON =
      OutsideJson.mapper()
          .addModule(new Jdk8Module())
          .addModule(new JavaTimeModule())
          .annotationIntrospector(new Tagged())
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(
                  JsonInclude.Include.NON_ABSENT, JsonInclude.Include.USE_DEFAULTS))
          .build();

  private final List<Class<?>> open = new ArrayList<>(); // whose fields are being looked at
  private final Set<Class<?>> recursive = new HashSet<>();

  private JavaTypes() {}

  /// The type whose values are those of a Java type.
  ///
  /// @throws IllegalArgumentException if there is none; the message names the class
  public static Type of(java.lang.reflect.Type type) {
    return new JavaTypes().plain(type);
  }

  /// The same for a type with annotations.
  ///
  /// @throws IllegalArgumentException if there is none; the message names the class
  public static Type of(AnnotatedType type) {
    return new JavaTypes().type(type);
  }

  /// A value of programs as a Java value.
  ///
  /// @throws TypeException if it is none of that type
  public static <T> T toJava(Object value, java.lang.reflect.Type type) {
    try {
      JsonNode json = JSON.valueToTree(value);
      return JSON.readerFor(JSON.constructType(type)).readValue(json);
    } catch (IOException | IllegalArgumentException e) {
      throw new TypeException("no value of `" + type.getTypeName() + "`: " + e.getMessage(), e);
    }
  }

  /// A Java value as a value of programs; nothing is [Values#NONE].
  ///
  /// @param type as which it was declared
  /// @throws TypeException if there is no such value
  public static Object fromJava(@Nullable Object value, java.lang.reflect.Type type) {
    try {
      if (value == null) {
        return Values.NONE;
      }
      String json = JSON.writerFor(JSON.constructType(type)).writeValueAsString(value);
      return Types.parse(json).orElseThrow();
    } catch (JsonProcessingException e) {
      throw new TypeException("no value of programs: " + value.getClass().getName(), e);
    }
  }

  /// A Java value whose declared type is not known, for a place where `wanted` is; the records
  /// of a sealed interface have their names in front where they must.
  ///
  /// @throws TypeException if there is no such value
  public static Object fromJava(@Nullable Object value, Type wanted) {
    return switch (value) {
      case null -> Values.NONE;
      case Collection<?> items -> {
        Type item = wanted instanceof Type.Array(var type, _, _) ? type : Type.ANY;
        yield items.stream().map(i -> fromJava(i, item)).toList();
      }
      case Map<?, ?> entries -> {
        Type entry = wanted instanceof Type.MapOf(var type) ? type : Type.ANY;
        Map<String, Object> record = new LinkedHashMap<>();
        entries.forEach((key, v) -> record.put(String.valueOf(key), fromJava(v, entry)));
        yield record;
      }
      case Object other ->
          Arrays.stream(other.getClass().getInterfaces())
              .filter(Class::isSealed)
              .map(parent -> fromJava(other, (java.lang.reflect.Type) parent))
              .filter(named -> Types.mismatch(wanted, named).isEmpty())
              .findFirst()
              .orElseGet(() -> fromJava(other, (java.lang.reflect.Type) other.getClass()));
    };
  }

  // --- types

  private Type plain(java.lang.reflect.Type type) {
    return switch (type) {
      case Class<?> simple when !simple.isArray() -> simple(simple, new Annotation[0]);
      case Class<?> array -> Type.array(plain(array.getComponentType()));
      case ParameterizedType generic ->
          generic(
              (Class<?>) generic.getRawType(),
              Arrays.stream(generic.getActualTypeArguments()).map(this::plain).toList(),
              new Annotation[0]);
      case java.lang.reflect.Type other -> throw refused(other);
    };
  }

  private Type type(AnnotatedType type) {
    return switch (type) {
      case AnnotatedArrayType array ->
          list(type(array.getAnnotatedGenericComponentType()), array.getAnnotations());
      case AnnotatedParameterizedType generic ->
          generic(
              (Class<?>) ((ParameterizedType) generic.getType()).getRawType(),
              Arrays.stream(generic.getAnnotatedActualTypeArguments()).map(this::type).toList(),
              generic.getAnnotations());
      case AnnotatedType simple when simple.getType() instanceof Class<?> of ->
          simple(of, simple.getAnnotations());
      case AnnotatedType other -> throw refused(other.getType());
    };
  }

  private static IllegalArgumentException refused(java.lang.reflect.Type type) {
    return new IllegalArgumentException(
        "`" + type.getTypeName() + "` is no type of values that a model could write");
  }

  private Type generic(Class<?> raw, List<Type> arguments, Annotation[] annotations) {
    if (Collection.class.isAssignableFrom(raw) || raw == Iterable.class) {
      return list(arguments.getFirst(), annotations);
    }
    if (Map.class.isAssignableFrom(raw) && Types.isFree(arguments.getFirst())) {
      return new Type.MapOf(arguments.get(1));
    }
    if (raw == Optional.class) {
      return new Type.OneOf(List.of(arguments.getFirst(), new Type.Literal(Values.NONE)));
    }
    throw refused(raw);
  }

  private static Type list(Type item, Annotation[] annotations) {
    return length(annotations)
        .map(length -> (Type) new Type.Array(item, length.min(), length.max()))
        .orElse(Type.array(item));
  }

  private Type simple(Class<?> type, Annotation[] annotations) {
    if (FORMATS.get(type) instanceof String format) {
      return new Type.Schema("{\"type\":\"string\",\"format\":\"" + format + "\"}");
    }
    if (type == Object.class || JsonNode.class.isAssignableFrom(type)) {
      return Type.ANY;
    }
    if (type == String.class || type == CharSequence.class) {
      return string(annotations);
    }
    if (type == boolean.class || type == Boolean.class) {
      return Type.BOOL;
    }
    if (type == char.class || type == Character.class) {
      return new Type.Str(1, 1);
    }
    if (type.isPrimitive() && type != void.class || Number.class.isAssignableFrom(type)) {
      return number(type, find(annotations, Range.class));
    }
    if (type.isEnum()) {
      return new Type.OneOf(
          Arrays.stream(type.getEnumConstants())
              .map(constant -> (Type) new Type.Literal(fromJava(constant, type)))
              .toList());
    }
    if (type.isRecord() || type.isSealed() && type.isInterface()) {
      return named(type);
    }
    throw refused(type);
  }

  private static Type string(Annotation[] annotations) {
    Optional<Type> matches = find(annotations, Matches.class).map(m -> new Type.Pattern(m.value()));
    return matches.orElseGet(
        () ->
            length(annotations)
                .map(length -> (Type) new Type.Str(length.min(), length.max()))
                .orElse(Type.STRING));
  }

  private static Optional<Length> length(Annotation[] annotations) {
    Optional<Length> length = find(annotations, Length.class);
    length
        .filter(l -> l.min() < 0 || l.min() > l.max())
        .ifPresent(
            l -> {
              throw new IllegalArgumentException(
                  "no length lies from " + l.min() + " to " + l.max());
            });
    return length;
  }

  private static Type number(Class<?> type, Optional<Range> range) {
    double min = range.map(Range::min).orElse(Double.NEGATIVE_INFINITY);
    double max = range.map(Range::max).orElse(Double.POSITIVE_INFINITY);
    if (!(min <= max)) {
      throw new IllegalArgumentException("no number lies from " + min + " to " + max);
    }
    return switch (type.getSimpleName()) {
      case "byte", "Byte" -> integer(Byte.MIN_VALUE, Byte.MAX_VALUE, min, max);
      case "short", "Short" -> integer(Short.MIN_VALUE, Short.MAX_VALUE, min, max);
      case "int", "Integer" -> integer(Integer.MIN_VALUE, Integer.MAX_VALUE, min, max);
      case "long", "Long" -> integer(Long.MIN_VALUE, Long.MAX_VALUE, min, max);
      default -> {
        if (type == BigInteger.class) {
          yield integer(Long.MIN_VALUE, Long.MAX_VALUE, min, max);
        }
        if (type == float.class
            || type == Float.class
            || type == double.class
            || type == Double.class
            || type == Number.class
            || type == BigDecimal.class) {
          yield new Type.Float(min, max);
        }
        throw refused(type);
      }
    };
  }

  private static Type integer(long low, long high, double min, double max) {
    long least = min == Double.NEGATIVE_INFINITY ? low : Math.max(low, (long) Math.ceil(min));
    long most = max == Double.POSITIVE_INFINITY ? high : Math.min(high, (long) Math.floor(max));
    return new Type.Int(least, most);
  }

  /// A record, or a sealed interface: what may be inside of itself.
  private Type named(Class<?> type) {
    if (open.contains(type)) {
      recursive.add(type);
      return new Type.Ref(type.getSimpleName());
    }
    open.add(type);
    Type body =
        type.isRecord()
            ? new Type.Rec(fields(type))
            : new Type.OneOf(cases(type).map(of -> tagged(type, of)).toList());
    open.removeLast();
    return recursive.remove(type) ? new Type.Recursive(type.getSimpleName(), body) : body;
  }

  private List<Type.Field> fields(Class<?> type) {
    return Arrays.stream(type.getRecordComponents()).map(this::field).toList();
  }

  private static String doc(RecordComponent component) {
    JsonPropertyDescription doc =
        component.getAccessor().getAnnotation(JsonPropertyDescription.class);
    return doc == null ? "" : doc.value();
  }

  private Type.Field field(RecordComponent component) {
    AnnotatedType type = component.getAnnotatedType();
    boolean isOptional =
        type instanceof AnnotatedParameterizedType generic
            && ((ParameterizedType) generic.getType()).getRawType() == Optional.class;
    AnnotatedType inner =
        isOptional
            ? ((AnnotatedParameterizedType) type).getAnnotatedActualTypeArguments()[0]
            : type;
    boolean isNullable =
        Arrays.stream(type.getAnnotations())
            .anyMatch(a -> a.annotationType().getSimpleName().equals("Nullable"));
    JsonProperty named = component.getAccessor().getAnnotation(JsonProperty.class);
    String name = named == null || named.value().isEmpty() ? component.getName() : named.value();
    try {
      return new Type.Field(name, type(inner), isOptional || isNullable, doc(component));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "the component `%s` of `%s`: %s"
              .formatted(
                  component.getName(),
                  component.getDeclaringRecord().getSimpleName(),
                  e.getMessage()),
          e);
    }
  }

  /// A case of a sealed interface: its fields after its name.
  private Type tagged(Class<?> sealed, Class<?> of) {
    if (!of.isRecord()) {
      throw refused(of);
    }
    if (named(of) instanceof Type.Rec(var fields)) {
      JsonTypeInfo info = sealed.getAnnotation(JsonTypeInfo.class);
      if (info != null && info.use() == JsonTypeInfo.Id.DEDUCTION) {
        return new Type.Rec(fields);
      }
      String tag = info == null || info.property().isEmpty() ? TAG : info.property();
      List<Type.Field> all = new ArrayList<>();
      all.add(new Type.Field(tag, new Type.Literal(name(of)), false));
      all.addAll(fields);
      return new Type.Rec(all);
    }
    throw new IllegalArgumentException(
        "`" + of.getName() + "` is inside of itself; let it be so through its interface");
  }

  private static Stream<Class<?>> cases(Class<?> sealed) {
    return Arrays.stream(sealed.getPermittedSubclasses())
        .flatMap(of -> of.isSealed() ? cases(of) : Stream.of(of));
  }

  private static String name(Class<?> of) {
    JsonTypeName named = of.getAnnotation(JsonTypeName.class);
    return named == null ? of.getSimpleName() : named.value();
  }

  private static <A extends Annotation> Optional<A> find(Annotation[] annotations, Class<A> type) {
    return Arrays.stream(annotations).filter(type::isInstance).map(type::cast).findFirst();
  }

  /// Tells Jackson which records a sealed interface has, where it finds which one a value is, and
  /// that constants are written in lower case.
  private static final class Tagged extends JacksonAnnotationIntrospector {
    private static final long serialVersionUID = 1;

    @Override
    public JsonTypeInfo.@Nullable Value findPolymorphicTypeInfo(
        MapperConfig<?> config, Annotated annotated) {
      JsonTypeInfo.Value info = super.findPolymorphicTypeInfo(config, annotated);
      return info != null || !isSealed(annotated)
          ? info
          : JsonTypeInfo.Value.construct(
              JsonTypeInfo.Id.NAME, JsonTypeInfo.As.PROPERTY, TAG, null, false, null, null);
    }

    @Override
    public @Nullable List<NamedType> findSubtypes(Annotated annotated) {
      List<NamedType> types = super.findSubtypes(annotated);
      return types != null || !isSealed(annotated)
          ? types
          : cases(annotated.getRawType()).map(of -> new NamedType(of, name(of))).toList();
    }

    @Override
    public String[] findEnumValues(
        MapperConfig<?> config, AnnotatedClass annotated, Enum<?>[] constants, String[] names) {
      @Nullable String[] given = super.findEnumValues(config, annotated, constants, names);
      String[] all = new String[given.length];
      for (int i = 0; i < all.length; i++) {
        String own = given[i];
        all[i] = own == null ? constants[i].name().toLowerCase(Locale.ROOT) : own;
      }
      return all;
    }

    private static boolean isSealed(Annotated annotated) {
      return annotated.getRawType().isInterface() && annotated.getRawType().isSealed();
    }
  }
}
