package io.holdfast.agent.cli;

import static java.util.Map.entry;

import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/** What people type, for the help and the manual pages. */
final class Examples {

  /** By the command as it is typed. */
  private static final Map<String, List<String>> ALL =
      Map.ofEntries(
          entry(
              "holdfast",
              List.of("holdfast status", "holdfast backup www", "holdfast find 'report*.ods'")),
          entry("holdfast daemon", List.of("holdfast daemon --verbose")),
          entry(
              "holdfast register",
              List.of(
                  "holdfast register --token -",
                  "holdfast register --id web-01 --database-url postgresql://web@db.example/holdfast")),
          entry("holdfast sync", List.of("holdfast sync")),
          entry("holdfast status", List.of("holdfast status", "holdfast status --json")),
          entry("holdfast problems", List.of("holdfast problems")),
          entry("holdfast jobs", List.of("holdfast jobs")),
          entry("holdfast runs", List.of("holdfast runs www --last 5", "holdfast runs --json")),
          entry("holdfast backup", List.of("holdfast backup www")),
          entry("holdfast cancel", List.of("holdfast cancel www")),
          entry("holdfast prove", List.of("holdfast prove www --files 50")),
          entry("holdfast forget", List.of("holdfast forget www --dry-run")),
          entry(
              "holdfast housekeep",
              List.of(
                  "holdfast housekeep prune",
                  "holdfast housekeep check-data --parts 30",
                  "holdfast housekeep copy --target offsite")),
          entry(
              "holdfast snapshots", List.of("holdfast snapshots www", "holdfast snapshots --all")),
          entry(
              "holdfast ls",
              List.of("holdfast ls www /srv/www --at yesterday", "holdfast ls 3f2a9c01 -R")),
          entry(
              "holdfast find",
              List.of(
                  "holdfast find 'report*.ods'", "holdfast find '/srv/*/index.html' --job www")),
          entry("holdfast diff", List.of("holdfast diff 3f2a9c01 www")),
          entry(
              "holdfast restore",
              List.of(
                  "holdfast restore www --to /tmp/back",
                  "holdfast restore www --at 14:00 --include /srv/www/a.ods --to /tmp/back",
                  "holdfast restore 3f2a9c01 --include /srv/www/a.ods --in-place --overwrite never")),
          entry(
              "holdfast recover",
              List.of(
                  "holdfast recover --repository sftp:backup@nas:/srv/restic",
                  "holdfast recover --repository sftp:backup@nas:/srv/restic --restore 3f2a9c01 --to"
                      + " /restored")),
          entry("holdfast rotate-credential", List.of("holdfast rotate-credential")),
          entry(
              "holdfast rotate-repository-password",
              List.of(
                  "holdfast rotate-repository-password --database-user alice",
                  "holdfast rotate-repository-password --database-user alice --status")),
          entry(
              "holdfast migrate",
              List.of(
                  "holdfast migrate --database-url postgresql://owner@db.example:5432/holdfast")),
          entry(
              "holdfast enrol-token",
              List.of(
                  "holdfast enrol-token --device web-01 --database-url"
                      + " postgresql://alice@db.example:5432/holdfast")),
          entry("holdfast recovery-key", List.of("holdfast recovery-key --to recovery.key")),
          entry(
              "holdfast decrypt",
              List.of(
                  "holdfast decrypt --identity recovery.key holdfast.dump.age --to holdfast.dump")),
          entry(
              "holdfast rebuild",
              List.of(
                  "holdfast rebuild --repository sftp:backup@nas:/srv/restic --password-file password"
                      + " --database-url postgresql://owner@db.example/holdfast --dry-run")),
          entry("holdfast secret", List.of("holdfast secret new-key")),
          entry("holdfast secret new-key", List.of("holdfast secret new-key")),
          entry("holdfast secret encrypt", List.of("holdfast secret encrypt repository_password")),
          entry(
              "holdfast secret re-encrypt",
              List.of("holdfast secret re-encrypt repository_password")),
          entry(
              "holdfast restic",
              List.of("holdfast restic show", "holdfast restic exec snapshots --latest 1")),
          entry("holdfast restic show", List.of("holdfast restic show")),
          entry(
              "holdfast restic exec",
              List.of(
                  "holdfast restic exec snapshots --latest 1",
                  "holdfast restic exec mount /mnt/restic",
                  "holdfast restic exec stats --mode raw-data")),
          entry("holdfast restic env", List.of("eval \"$(holdfast restic env)\"")),
          entry("holdfast restic install", List.of("holdfast restic install")),
          entry("holdfast doctor", List.of("holdfast doctor")),
          entry("holdfast version", List.of("holdfast version")),
          entry("holdfast generate-completion", List.of("source <(holdfast generate-completion)")));

  private Examples() {}

  static void addTo(CommandLine command) {
    List<String> lines = ALL.getOrDefault(command.getCommandSpec().qualifiedName(" "), List.of());
    if (!lines.isEmpty()) {
      command.getCommandSpec().usageMessage().footerHeading("%nExamples:%n");
      command
          .getCommandSpec()
          .usageMessage()
          .footer(
              lines.stream().map(line -> "  " + line.replace("%", "%%")).toArray(String[]::new));
    }
    command.getSubcommands().values().forEach(Examples::addTo);
  }
}
