package io.holdfast.agent.sync;

import io.holdfast.agent.job.Policy;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.job.Settings;
import io.holdfast.agent.secret.SecretSource;
import io.holdfast.agent.sync.ConfigRows.SettingRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The device's settings with the repository of a copy target, read as settings are and bounded by
 * the same policy of the machine.
 *
 * @param problems why they cannot be used, if so
 */
public record TargetSettings(Settings settings, List<Problem> problems) {

  public TargetSettings {
    Objects.requireNonNull(settings, "settings");
    problems = List.copyOf(problems);
  }

  /**
   * @param values by the names of the settings that they are like
   */
  public static TargetSettings read(
      Settings ofDevice, Map<String, String> values, SecretSource secrets, Policy policy) {
    List<Problem> problems = new ArrayList<>();
    List<SettingRow> rows =
        values.entrySet().stream()
            .map(value -> new SettingRow(true, value.getKey(), value.getValue()))
            .toList();
    Settings read =
        SettingsReading.read(rows, secrets, new PolicyCheck(policy, problems), problems);
    return new TargetSettings(ofDevice.withRepositoryOf(read), problems);
  }
}
