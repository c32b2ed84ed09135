package io.holdfast.agent.cli;

import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Times such as 30m, 12h and 7d. */
final class Durations implements ITypeConverter<Duration> {

  @Override
  public Duration convert(String value) {
    try {
      long number = Long.parseLong(value.substring(0, value.length() - 1));
      return switch (value.charAt(value.length() - 1)) {
        case 's' -> Duration.ofSeconds(number);
        case 'm' -> Duration.ofMinutes(number);
        case 'h' -> Duration.ofHours(number);
        case 'd' -> Duration.ofDays(number);
        default -> throw new NumberFormatException(value);
      };
    } catch (NumberFormatException | IndexOutOfBoundsException | ArithmeticException e) {
      throw new TypeConversionException("'" + value + "' is no time such as 30m, 12h or 7d");
    }
  }
}
