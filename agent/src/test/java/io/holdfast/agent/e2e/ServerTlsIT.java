package io.holdfast.agent.e2e;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.config.DatabaseAddress;
import io.holdfast.agent.testing.Authority;
import io.holdfast.agent.testing.Authority.Certified;
import io.holdfast.agent.testing.BreakableServer;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.HostNames;
import io.holdfast.agent.testing.Program;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A PostgreSQL on another machine, with certificates: who is taken for it, and who is not. */
class ServerTlsIT {

  private static final String HOST = "db.holdfast.test";
  private static final String ALSO = "other.holdfast.test";

  @TempDir private Path directory;

  private Authority authority;
  private BreakableServer server;
  private ControlPlane psql;
  private String names = "";

  @BeforeEach
  void start() throws Exception {
    authority = new Authority(directory.resolve("authority"), "Holdfast's tests");
    server = BreakableServer.startNamed(directory.resolve("server"), HOST);
    psql = server.controlPlane();
    names = HostNames.of(directory, HOST, ALSO);
  }

  @AfterEach
  void end() {
    server.close();
  }

  private Site site(String name, String parameters) throws Exception {
    Site site =
        new Site(
            Files.createDirectories(directory.resolve(name)),
            ResticBinaries.current(),
            psql,
            "socketTimeout=120&connectTimeout=120&sslResponseTimeout=120000" + parameters);
    site.variable(HostNames.VARIABLE, names);
    return site;
  }

  private String root() {
    return "&sslrootcert=" + authority.root();
  }

  /** The logins that are connected now, and how. */
  private List<Map<String, Object>> connected() {
    return psql.rows(
        "SELECT usename, ssl, client_dn FROM pg_stat_activity JOIN pg_stat_ssl USING (pid)"
            + " WHERE datname = current_database() AND usename LIKE 'client%'");
  }

  @Test
  void a_server_that_proves_its_name_is_believed_and_doctor_and_sql_show_how() throws Exception {
    server.speakTls(authority.server(HOST), authority.root());
    try (Site site = site("site", root())) {
      assertThat(site.holdfast("sync").exitCode()).isZero();
      assertThat(site.holdfast("doctor").out())
          .contains("tls: the server has proved its name by a certificate; it sees TLSv1.")
          .doesNotContain("not safe");
      site.daemon();
      site.awaitListening();
      assertThat(connected())
          .isNotEmpty()
          .allSatisfy(login -> assertThat(login).containsEntry("ssl", true));
      assertThat(psql.rows("SELECT FROM problems WHERE code LIKE 'database%'")).isEmpty();
    }
  }

  @Test
  void everybody_else_is_refused_before_he_learns_anything() throws Exception {
    try (Site site = site("site", root())) {
      refused(site, "The server does not support SSL", "ssl = on");

      server.speakTls(authority.server(HOST), authority.root());
      assertThat(site.holdfast("sync").exitCode()).as("the right one").isZero();
      String config = Files.readString(site.config());

      Files.writeString(site.config(), config.replace(HOST, ALSO));
      refused(site, "could not be verified", "the name that is in the server's certificate");

      Path stranger = new Authority(directory.resolve("stranger"), "Somebody else").root();
      Files.writeString(
          site.config(), config.replace(authority.root().toString(), stranger.toString()));
      refused(
          site,
          "unable to find valid certification path",
          "None of the authorities in " + stranger + " has signed the server's certificate",
          "write sslrootcert=FILE into the URL");

      Files.writeString(
          site.config(), config.replace(authority.root().toString(), directory + "/none.crt"));
      refused(site, "Could not open SSL root certificate file", "authority that has signed");

      Path rubbish = Files.writeString(directory.resolve("rubbish.crt"), "no certificate\n");
      Files.writeString(
          site.config(), config.replace(authority.root().toString(), rubbish.toString()));
      refused(site, "into a TrustManager failed", "certificates as PEM");

      Files.writeString(site.config(), config);
      server.speakTls(authority.expiredServer(HOST), authority.root());
      refused(site, "validity check failed", "is not good at this time", "this machine's clock");
      server.speakTls(authority.server(HOST), authority.root());

      server.admit("host all all 127.0.0.1/32 password");
      refused(site, "'password' authentication", "say scram-sha-256");
      server.admit("host all all 127.0.0.1/32 md5");
      psql.execute(
          "SET password_encryption = 'md5'; ALTER ROLE "
              + psql.row("SELECT role_name FROM holdfast.device_logins").get("role_name")
              + " PASSWORD '"
              + Site.DATABASE_PASSWORD
              + "'");
      refused(site, "'md5' authentication", "say scram-sha-256");
    }
  }

  private static void refused(Site site, String why, String... remedy) {
    Result refused = site.holdfast("sync");
    assertThat(refused.exitCode()).as(refused.all()).isEqualTo(6);
    assertThat(refused.err())
        .contains("has not proved to be the right server")
        .contains(why)
        .contains(remedy)
        .doesNotContain("\tat ", "Exception:");
  }

  @Test
  void a_certificate_that_is_signed_publicly_is_proved_by_the_machines_own_authorities()
      throws Exception {
    server.speakTls(authority.server(HOST), authority.root());
    try (Site site = site("site", "")) {
      site.variable(HostNames.VARIABLE, names + " -Duser.home=" + directory);
      String config = Files.readString(site.config());
      for (String parameter : List.of("", "&sslrootcert=system")) {
        Files.writeString(
            site.config(), config.replace("socketTimeout=120", "socketTimeout=120" + parameter));
        // The variable of OpenSSL, in the place of the machine's own file.
        site.variable("SSL_CERT_FILE", authority.root().toString());
        Result doctor = site.holdfast("doctor");
        assertThat(doctor.out())
            .as(doctor.all())
            .contains("tls: the server has proved its name by a certificate");

        Path others = new Authority(directory.resolve("stranger"), "Somebody else").root();
        site.variable("SSL_CERT_FILE", others.toString());
        refused(
            site,
            "unable to find valid certification path",
            "None of the authorities in the list that this machine trusts ("
                + others
                + ") has signed",
            "sslrootcert=/etc/holdfast/root.crt");
      }
    }
  }

  /**
   * How an admin's machine has the authority's certificate, and what the device's own file says.
   */
  private record Admin(String parameters, boolean usualFile, boolean trusted, String config) {}

  @Test
  void the_first_machine_needs_nothing_but_the_token_however_the_admins_has_the_certificate()
      throws Exception {
    server.speakTls(authority.server(HOST), authority.root());
    DatabaseAddress admin = psql.member("backup_admin", "admin-password");
    int i = 0;
    for (Admin has :
        List.of(
            new Admin("", true, false, "joined-0%2Froot.crt"),
            new Admin("?sslrootcert=" + authority.root(), false, false, "joined-1%2Froot.crt"),
            new Admin("", false, true, ""),
            new Admin("?sslrootcert=system", false, true, "sslrootcert=system"))) {
      Path home = Files.createDirectories(directory.resolve("home-" + i));
      if (has.usualFile()) {
        Files.createDirectories(home.resolve(".postgresql"));
        Files.copy(authority.root(), home.resolve(".postgresql/root.crt"));
      }
      Map<String, String> machine =
          new HashMap<>(Map.of(HostNames.VARIABLE, names + " -Duser.home=" + home));
      if (has.trusted()) {
        machine.put("SSL_CERT_FILE", authority.root().toString());
      }
      Map<String, String> person = new HashMap<>(machine);
      person.put("PGPASSWORD", "admin-password");
      Result token =
          Program.run(
              person,
              List.of(
                  Program.HOLDFAST,
                  "enrol-token",
                  "--device=web-0" + i,
                  "--database-user=" + admin.user().orElseThrow(),
                  "--database-url=" + admin.jdbcUrl() + has.parameters()));
      assertThat(token.exitCode()).as(token.all()).isZero();
      assertThat(token.err()).contains("is new; the token is good").doesNotContain("was tried");

      machine.put(HostNames.VARIABLE, names + " -Duser.home=" + directory.resolve("none"));
      Path config = directory.resolve("joined-" + i + "/holdfast.yaml");
      Result registered =
          Program.run(
              machine,
              List.of(
                  Program.HOLDFAST,
                  "register",
                  "--token=" + token.out().strip(),
                  "--config=" + config,
                  "--state-directory=" + directory.resolve("state-" + i)));
      assertThat(registered.exitCode()).as("%s: %s", has, registered.all()).isZero();
      assertThat(Files.readString(config)).contains("sslmode=verify-full", has.config());
      Result jobs = Program.run(machine, List.of(Program.HOLDFAST, "jobs", "--config=" + config));
      assertThat(jobs.exitCode()).as("%s: %s", has, jobs.all()).isZero();
      i++;
    }
  }

  @Test
  void whoever_issues_a_token_is_told_what_the_machine_would_meet() throws Exception {
    DatabaseAddress admin = psql.member("backup_admin", "admin-password");
    Map<String, String> person =
        Map.of(
            HostNames.VARIABLE,
            names + " -Duser.home=" + directory,
            "PGPASSWORD",
            "admin-password",
            "SSL_CERT_FILE",
            authority.root().toString());
    List<String> command =
        List.of(
            Program.HOLDFAST,
            "enrol-token",
            "--device=web-01",
            "--database-user=" + admin.user().orElseThrow(),
            "--database-url=" + admin.jdbcUrl());
    Result plain = Program.run(person, command);
    assertThat(plain.exitCode()).isEqualTo(6);
    assertThat(plain.out()).isEmpty();
    assertThat(plain.err())
        .contains("has not proved to be the right server: The server does not support SSL")
        .contains("ssl = on in its postgresql.conf", "sslmode=disable")
        .doesNotContain("spool", "tries again");

    server.speakTls(authority.server(HOST), authority.root());
    server.admit("host all +backup_client 127.0.0.1/32 reject");
    Result rejected = Program.run(person, command);
    assertThat(rejected.exitCode()).as(rejected.all()).isZero();
    assertThat(rejected.out()).startsWith("hf1.").hasLineCount(1);
    assertThat(rejected.err())
        .contains("the token was tried from here as the machine will try it, and does not work yet")
        .contains("does not let this login in: pg_hba.conf rejects connection")
        .contains("Add a line to pg_hba.conf on the server, such as: hostssl");
  }

  @Test
  void a_weaker_mode_works_when_it_is_written_out_and_everybody_is_told() throws Exception {
    Authority stranger = new Authority(directory.resolve("stranger"), "Somebody else");
    server.speakTls(stranger.server("anybody"), stranger.root());
    try (Site site = site("site", "&sslmode=require")) {
      Result doctor = site.holdfast("doctor");
      assertThat(doctor.out())
          .contains("warning  tls: the connection to " + HOST)
          .contains("is not safe: with sslmode=require anybody's certificate will do")
          .contains("the server sees TLSv1.");
      site.daemon();
      eventually()
          .until(() ->
              !psql.rows(
                      "SELECT FROM problems WHERE code = 'database-unproved' AND severity ="
                          + " 'warning' AND remedy LIKE '%take what weakens the check out of"
                          + " database.url%'")
                  .isEmpty());
      assertThat(site.log()).contains("with sslmode=require anybody's certificate will do");
    }
  }

  @Test
  void a_login_may_have_a_certificate_in_the_place_of_a_password() throws Exception {
    server.speakTls(authority.server(HOST), authority.root());
    psql.execute("INSERT INTO devices (id, name, platform) VALUES ('web-01', 'Web', 'linux')");
    DatabaseAddress login = psql.client("never-used", "web-01");
    String user = login.user().orElseThrow();
    server.admit("hostssl all " + user + " 127.0.0.1/32 cert");
    Path config = directory.resolve("holdfast.yaml");
    Certified own = authority.client(user);
    write(config, login, own);
    assertThat(holdfast(config, "jobs"))
        .satisfies(jobs -> assertThat(jobs.exitCode()).as(jobs.all()).isZero());
    assertThat(holdfast(config, "doctor").out())
        .contains("and has seen our certificate, /CN=" + user);

    write(config, login, authority.client("somebody"));
    assertThat(holdfast(config, "jobs").exitCode()).as("another's").isEqualTo(6);
    write(config, login, new Authority(directory.resolve("stranger"), "x").client(user));
    assertThat(holdfast(config, "jobs").exitCode()).as("a stranger's").isEqualTo(6);
  }

  private void write(Path config, DatabaseAddress login, Certified own) throws Exception {
    Files.writeString(
        config,
        """
        device:
          id: web-01
        database:
          url: "%s?user=%s&connectTimeout=120&sslResponseTimeout=120000%s&sslcert=%s&sslkey=%s"
        restic:
          path: %s
        state_directory: %s
        """
            .formatted(
                login.jdbcUrl(),
                login.user().orElseThrow(),
                root(),
                own.certificate(),
                own.keyInDer(),
                ResticBinaries.current(),
                directory.resolve("state")));
  }

  private Result holdfast(Path config, String command) {
    return Program.run(
        Map.of(
            "HOLDFAST_CONFIG",
            config.toString(),
            "HOME",
            directory.toString(),
            HostNames.VARIABLE,
            names),
        List.of(Program.HOLDFAST, command));
  }

  @Test
  void a_token_leads_to_a_server_that_proves_its_name() throws Exception {
    server.speakTls(authority.server(HOST), authority.root());
    try (Site site = site("site", root())) {
      DatabaseAddress admin = psql.member("backup_admin", "admin-password");
      Path file = Files.writeString(directory.resolve("admin-password"), "admin-password\n");
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
      Result token =
          site.holdfast(
              "enrol-token",
              "--device=web-01",
              "--database-url=" + admin.jdbcUrl() + "?sslrootcert=" + authority.root(),
              "--database-user=" + admin.user().orElseThrow(),
              "--password-file=" + file);
      assertThat(token.exitCode()).as(token.all()).isZero();
      Path config = directory.resolve("joined/holdfast.yaml");
      Result registered =
          site.holdfast(
              "register",
              "--token=" + token.out().strip(),
              "--config=" + config,
              "--state-directory=" + directory.resolve("joined/state"));
      assertThat(registered.exitCode()).as(registered.all()).isZero();
      assertThat(Files.readString(config))
          .contains("sslmode=verify-full", "channelBinding=require", "sslrootcert=");
      assertThat(site.holdfast("rotate-credential", "--config=" + config).exitCode()).isZero();
    }
  }
}
