package io.holdfast.agent.restic;

import io.holdfast.agent.location.MachineVariables;
import io.holdfast.agent.secret.Secret;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The variables that restic's storage back-ends read for credentials and places (restic's manual,
 * "Preparing a new repository"). None that a row may set makes restic start a program, trust
 * another certificate or use another repository.
 */
public final class BackendEnvironment {

  static final Set<String> ALLOWED =
      Set.of(
          "AWS_ACCESS_KEY_ID",
          "AWS_SECRET_ACCESS_KEY",
          "AWS_SESSION_TOKEN",
          "AWS_DEFAULT_REGION",
          "AWS_REGION",
          "RESTIC_AWS_ASSUME_ROLE_ARN",
          "RESTIC_AWS_ASSUME_ROLE_SESSION_NAME",
          "RESTIC_AWS_ASSUME_ROLE_EXTERNAL_ID",
          "RESTIC_AWS_ASSUME_ROLE_REGION",
          "RESTIC_AWS_ASSUME_ROLE_POLICY",
          "AZURE_ACCOUNT_NAME",
          "AZURE_ACCOUNT_KEY",
          "AZURE_ACCOUNT_SAS",
          "AZURE_ENDPOINT_SUFFIX",
          "B2_ACCOUNT_ID",
          "B2_ACCOUNT_KEY",
          "GOOGLE_PROJECT_ID",
          "GOOGLE_ACCESS_TOKEN",
          "RESTIC_REST_USERNAME",
          "RESTIC_REST_PASSWORD",
          "OS_AUTH_URL",
          "OS_REGION_NAME",
          "OS_USERNAME",
          "OS_USER_ID",
          "OS_PASSWORD",
          "OS_TENANT_ID",
          "OS_TENANT_NAME",
          "OS_USER_DOMAIN_NAME",
          "OS_USER_DOMAIN_ID",
          "OS_PROJECT_NAME",
          "OS_PROJECT_DOMAIN_NAME",
          "OS_PROJECT_DOMAIN_ID",
          "OS_TRUST_ID",
          "OS_APPLICATION_CREDENTIAL_ID",
          "OS_APPLICATION_CREDENTIAL_NAME",
          "OS_APPLICATION_CREDENTIAL_SECRET",
          "OS_STORAGE_URL",
          "OS_AUTH_TOKEN",
          "ST_AUTH",
          "ST_USER",
          "ST_KEY",
          "SWIFT_DEFAULT_CONTAINER_POLICY",
          // The way there; what passes a proxy by HTTPS is encrypted before.
          "HTTPS_PROXY",
          "HTTP_PROXY",
          "NO_PROXY");

  private BackendEnvironment() {}

  /** Those of them that are set in an environment. */
  public static Map<String, Secret> in(Map<String, String> environment) {
    return environment.entrySet().stream()
        .filter(variable -> isPassedOn(variable.getKey()))
        .collect(Collectors.toMap(Map.Entry::getKey, variable -> new Secret(variable.getValue())));
  }

  /** Why these variables are not passed on, if they are not. */
  public static Optional<String> refusal(Collection<String> names) {
    return names.stream()
        .filter(name -> !isPassedOn(name))
        .sorted()
        .findFirst()
        .map(name ->
            "\"" + name + "\" is not among the variables that may be set for a storage back-end");
  }

  private static boolean isPassedOn(String name) {
    return ALLOWED.contains(name) || MachineVariables.NAMES.contains(name);
  }
}
