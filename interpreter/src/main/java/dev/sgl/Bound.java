package dev.sgl;

import dev.sgl.backend.Backend;
import dev.sgl.chat.Running;
import dev.sgl.check.TypeFit;
import dev.sgl.diagnostic.Nearest;
import dev.sgl.interpreter.Interpreter;
import dev.sgl.program.JavaTypes;
import dev.sgl.program.Routine;
import dev.sgl.program.Values;
import dev.sgl.run.Partials;
import dev.sgl.run.RunListener;
import dev.sgl.run.RunOptions;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// The implementation of an interface: each method runs a program.
final class Bound implements InvocationHandler {
  private final Class<?> type;
  private final Loaded loaded;
  private final Backend backend;
  private final Map<Method, Call> calls = new LinkedHashMap<>();

  /// How a method calls its program.
  ///
  /// @param names of the program's parameters, for each of the method's; none for the
  ///     parameter that is called with partial values
  /// @param returns the Java type of the value
  private record Call(
      Routine routine, List<Optional<String>> names, Type returns, boolean isRunning) {}

  /// @throws IllegalArgumentException if a method is no program's, or its types are others
  Bound(Class<?> type, Loaded loaded, Map<String, Routine> programs, Backend backend) {
    this.type = type;
    this.loaded = loaded;
    this.backend = backend;
    List<String> wrong = new ArrayList<>();
    for (Method method : type.getMethods()) {
      if (Modifier.isAbstract(method.getModifiers())) {
        Routine routine = programs.get(method.getName());
        if (routine == null) {
          String near =
              Nearest.to(method.getName(), programs.keySet())
                  .map(n -> "; did you mean `" + n + "`?")
                  .orElse("");
          wrong.add("there is no program `" + method.getName() + "`" + near);
        } else {
          calls.put(method, call(method, routine, wrong));
        }
      }
    }
    if (!wrong.isEmpty()) {
      throw new IllegalArgumentException(
          type.getName() + " does not fit: " + String.join("; ", wrong));
    }
  }

  private static Call call(Method method, Routine routine, List<String> wrong) {
    Parameter[] parameters = method.getParameters();
    boolean byName = Arrays.stream(parameters).allMatch(Parameter::isNamePresent);
    List<Optional<String>> names = new ArrayList<>();
    int place = 0;
    for (Parameter parameter : parameters) {
      if (parameter.getType() == Partials.Heard.class) {
        names.add(Optional.empty());
        continue;
      }
      int own = place++;
      Optional<Routine.Parameter> wanted =
          byName
              ? routine.parameters().stream()
                  .filter(p -> p.name().equals(parameter.getName()))
                  .findFirst()
              : routine.parameters().stream().skip(own).findFirst();
      names.add(wanted.map(Routine.Parameter::name));
      if (wanted.isEmpty()) {
        wrong.add("`" + routine.name() + "` has no parameter " + parameter.getName());
      } else if (!fits(parameter, wanted.get(), wrong)) {
        wrong.add(
            "the parameter `%s` of `%s` is `%s`, not %s"
                .formatted(
                    wanted.get().name(),
                    routine.name(),
                    wanted.get().type().show(),
                    parameter.getParameterizedType().getTypeName()));
      }
    }
    routine.parameters().stream()
        .filter(p -> p.standard().isEmpty() && !names.contains(Optional.of(p.name())))
        .forEach(p -> wrong.add("`" + routine.name() + "` needs the parameter `" + p.name() + "`"));
    return new Call(routine, names, returns(method, routine, wrong), isRunning(method));
  }

  /// Whether values of a parameter are those that the program wants; why they cannot be is added to
  /// `wrong`.
  private static boolean fits(Parameter parameter, Routine.Parameter wanted, List<String> wrong) {
    try {
      return TypeFit.overlaps(JavaTypes.of(parameter.getAnnotatedType()), wanted.type());
    } catch (IllegalArgumentException e) {
      wrong.add("the parameter `" + wanted.name() + "`: " + e.getMessage());
      return true;
    }
  }

  private static boolean isRunning(Method method) {
    return method.getReturnType() == Running.class;
  }

  private static Type returns(Method method, Routine routine, List<String> wrong) {
    Type returns =
        isRunning(method) && method.getGenericReturnType() instanceof ParameterizedType generic
            ? generic.getActualTypeArguments()[0]
            : method.getGenericReturnType();
    try {
      if (returns != void.class
          && routine.returns().isPresent()
          && !TypeFit.overlaps(routine.returns().get(), JavaTypes.of(returns))) {
        wrong.add(
            "`%s` returns `%s`, not %s"
                .formatted(routine.name(), routine.returns().get().show(), returns.getTypeName()));
      }
    } catch (IllegalArgumentException e) {
      boolean waits = Future.class.isAssignableFrom(method.getReturnType());
      wrong.add(
          "`%s`: %s%s"
              .formatted(
                  routine.name(),
                  e.getMessage(),
                  waits ? "; what is not waited for is a Running<T>" : ""));
    }
    return returns;
  }

  @Override
  public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] given)
      throws Throwable {
    Object[] arguments = given == null ? new Object[0] : given;
    if (method.getDeclaringClass() == Object.class) {
      return switch (method.getName()) {
        case "equals" -> proxy == arguments[0];
        case "hashCode" -> System.identityHashCode(proxy);
        default -> type.getSimpleName() + " of " + loaded.program().file();
      };
    }
    Call call = calls.get(method);
    if (call == null) {
      Class<?> declaring = method.getDeclaringClass();
      return MethodHandles.privateLookupIn(declaring, MethodHandles.lookup())
          .unreflectSpecial(method, declaring)
          .bindTo(proxy)
          .invokeWithArguments(arguments);
    }
    return call.isRunning()
        ? Running.start(call.routine().name(), () -> run(call, method, arguments))
        : run(call, method, arguments);
  }

  private @Nullable Object run(Call call, Method method, Object[] given) {
    Map<String, Object> arguments = new LinkedHashMap<>();
    RunOptions options = loaded.options();
    for (int i = 0; i < given.length; i++) {
      if (call.names().get(i).isPresent()) {
        Type type = method.getGenericParameterTypes()[i];
        arguments.put(call.names().get(i).get(), JavaTypes.fromJava(given[i], type));
      } else {
        options =
            options.withListener(
                RunListener.both(options.listener(), new Partials((Partials.Heard) given[i])));
      }
    }
    Object value = Interpreter.run(loaded.program(), call.routine(), arguments, backend, options);
    return call.returns() == void.class || value == Values.NONE && !isOptional(call.returns())
        ? null
        : JavaTypes.toJava(value, call.returns());
  }

  private static boolean isOptional(Type type) {
    return type instanceof ParameterizedType generic && generic.getRawType() == Optional.class;
  }
}
