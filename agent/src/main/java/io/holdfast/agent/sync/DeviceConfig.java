package io.holdfast.agent.sync;

import io.holdfast.agent.files.Windows;
import io.holdfast.agent.job.Device;
import io.holdfast.agent.job.Policy;
import io.holdfast.agent.job.Problem;
import io.holdfast.agent.job.Settings;
import io.holdfast.agent.schedule.JobPlan;
import io.holdfast.agent.schedule.Schedule;
import io.holdfast.agent.secret.SecretSource;
import io.holdfast.agent.sync.ConfigRows.JobRow;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * All that one device has to do, checked, as one immutable value. A row that cannot be used is left
 * out and stands among the problems instead; the rest goes on.
 *
 * @param plans the jobs that are enabled and valid, in the order of their names
 * @param disabledJobs names of the jobs that are switched off
 * @param problems what an admin has to mend
 */
public record DeviceConfig(
    Device device,
    List<JobPlan> plans,
    List<String> disabledJobs,
    Settings settings,
    List<Problem> problems) {

  public DeviceConfig {
    Objects.requireNonNull(device, "device");
    Objects.requireNonNull(settings, "settings");
    plans = List.copyOf(plans);
    disabledJobs = List.copyOf(disabledJobs);
    problems = List.copyOf(problems);
  }

  /**
   * Checks the rows.
   *
   * @param deviceZone the zone of schedules that name none
   * @param secrets what settings refer to
   * @param policy what the machine allows
   */
  public static DeviceConfig from(
      ConfigRows rows, ZoneId deviceZone, SecretSource secrets, Policy policy) {
    return from(rows, deviceZone, secrets, policy, Windows.here());
  }

  static DeviceConfig from(
      ConfigRows rows, ZoneId deviceZone, SecretSource secrets, Policy policy, boolean windows) {
    List<Problem> problems = new ArrayList<>();
    PolicyCheck check = new PolicyCheck(policy, problems);
    Settings settings = SettingsReading.read(rows.settings(), secrets, check, problems);
    List<JobPlan> plans = new ArrayList<>();
    List<String> disabled = new ArrayList<>();
    for (JobRow row : rows.jobs()) {
      if (!row.enabled()) {
        disabled.add(row.name());
        continue;
      }
      List<Schedule> schedules =
          ScheduleReading.readAll(row, rows.schedules(), deviceZone, problems);
      JobReading.read(row, windows, problems)
          .filter(check::allows)
          .ifPresent(job ->
              plans.add(
                  new JobPlan(job, schedules, ScheduleReading.proof(row, deviceZone, problems))));
    }
    Device device =
        new Device(
            rows.device().id(),
            rows.device().name(),
            rows.device().enabled(),
            rows.device().housekeeper());
    return new DeviceConfig(device, plans, disabled, settings, problems);
  }

  /** The same, and something more to be mended. */
  public DeviceConfig with(Problem problem) {
    List<Problem> more = new ArrayList<>(problems);
    more.add(problem);
    return new DeviceConfig(device, plans, disabledJobs, settings, more);
  }

  /** The plan of the job with this id, if it is enabled and valid. */
  public Optional<JobPlan> plan(UUID jobId) {
    return plans.stream().filter(plan -> plan.job().id().equals(jobId)).findFirst();
  }

  /** What that job is called. */
  public Optional<String> jobName(UUID jobId) {
    return plan(jobId).map(plan -> plan.job().name());
  }

  /** The plan of the job with this name or id, if it is enabled and valid. */
  public Optional<JobPlan> planNamed(String nameOrId) {
    return plans.stream()
        .filter(plan ->
            plan.job().name().equals(nameOrId)
                || plan.job().id().toString().equalsIgnoreCase(nameOrId))
        .findFirst();
  }
}
