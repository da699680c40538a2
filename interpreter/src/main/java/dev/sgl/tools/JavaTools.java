package dev.sgl.tools;

import dev.sgl.program.JavaTypes;
import dev.sgl.program.Routine;
import dev.sgl.program.Span;
import dev.sgl.program.Tool;
import dev.sgl.program.Type;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/// The methods of an object that are marked with [dev.sgl.annotation.Tool], as tools. Parameters
/// have the names that they have in Java, so the class must be compiled with `-parameters`.
public final class JavaTools {
  private JavaTools() {}

  /// The methods as tools that a program may declare.
  ///
  /// @throws IllegalArgumentException if one has parameters without names, or of types that no
  ///     model could write, or if two have the same name
  public static List<Tool> declared(Object host) {
    List<Tool> tools = methods(host).map(JavaTools::tool).toList();
    for (int i = 1; i < tools.size(); i++) {
      if (tools.get(i).name().equals(tools.get(i - 1).name())) {
        throw new IllegalArgumentException(
            "%s has two tools `%s`; name one by @Tool(\"…\")"
                .formatted(host.getClass().getName(), tools.get(i).name()));
      }
    }
    return tools;
  }

  /// What calls the methods, by the tools' names.
  public static Map<String, ToolFunction> functions(Object host) {
    Map<String, ToolFunction> functions = new LinkedHashMap<>();
    methods(host).forEach(method -> functions.put(name(method), function(host, method)));
    return functions;
  }

  private static Stream<Method> methods(Object host) {
    return Stream.<Class<?>>iterate(host.getClass(), Objects::nonNull, type -> type.getSuperclass())
        .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
        .filter(method -> !method.isBridge())
        .filter(method -> method.isAnnotationPresent(dev.sgl.annotation.Tool.class))
        .sorted(Comparator.comparing(JavaTools::name));
  }

  private static String name(Method method) {
    String given = method.getAnnotation(dev.sgl.annotation.Tool.class).value();
    return given.isEmpty() ? method.getName() : given;
  }

  private static Tool tool(Method method) {
    List<Routine.Parameter> parameters =
        Arrays.stream(method.getParameters()).map(JavaTools::parameter).toList();
    AnnotatedType returns = method.getAnnotatedReturnType();
    Optional<Type> type =
        returns.getType() == void.class ? Optional.empty() : Optional.of(JavaTypes.of(returns));
    return new Tool(name(method), parameters, type, "", Span.NONE);
  }

  private static Routine.Parameter parameter(Parameter parameter) {
    if (!parameter.isNamePresent()) {
      throw new IllegalArgumentException(
          "the parameters of `"
              + parameter.getDeclaringExecutable()
              + "` have no names; compile it with -parameters");
    }
    return new Routine.Parameter(
        parameter.getName(),
        JavaTypes.of(parameter.getAnnotatedType()),
        Optional.empty(),
        Span.NONE);
  }

  private static ToolFunction function(Object host, Method method) {
    method.trySetAccessible();
    return arguments -> {
      Parameter[] parameters = method.getParameters();
      Object[] values = new Object[parameters.length];
      for (int i = 0; i < parameters.length; i++) {
        Object given = arguments.get(parameters[i].getName());
        values[i] =
            given == null ? null : JavaTypes.toJava(given, parameters[i].getParameterizedType());
      }
      try {
        return JavaTypes.fromJava(method.invoke(host, values), method.getGenericReturnType());
      } catch (InvocationTargetException e) {
        throw e.getCause() instanceof Exception error ? error : e;
      }
    };
  }
}
