package io.holdfast.agent.restic;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.holdfast.agent.secret.Secret;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/**
 * The ways in which restic may write a secret: as it is, between the quotation marks of a Go error,
 * as a JSON string, and as a JSON string that holds such an error. To take a secret out of restic's
 * words is to look for all of them.
 */
final class WrittenForms {

  private WrittenForms() {}

  static List<Secret> of(Collection<Secret> secrets) {
    return secrets.stream()
        .map(Secret::value)
        .flatMap(value -> Stream.of(value, json(value), json(goQuoted(value)), goQuoted(value)))
        .distinct()
        .map(Secret::new)
        .toList();
  }

  private static String goQuoted(String value) {
    return value.replace("\\", "\\\\").replace("\"", "\\\"");
  }

  /** As Go writes it: it also escapes what HTML would take for its own. */
  private static String json(String value) {
    return new String(JsonStringEncoder.getInstance().quoteAsString(value))
        .replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026");
  }
}
