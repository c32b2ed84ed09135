package io.holdfast.agent.restic;

import io.holdfast.agent.secret.Secret;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The variables that restic's storage back-ends read for credentials and places (restic's manual,
 * "Preparing a new repository"). None of them makes restic start a program, trust another
 * certificate or use another repository.
 */
public final class BackendEnvironment {

  static final Set<String> ALLOWED =
      Set.of(
          "AWS_ACCESS_KEY_ID",
          "AWS_SECRET_ACCESS_KEY",
          "AWS_SESSION_TOKEN",
          "AWS_DEFAULT_REGION",
          "AWS_REGION",
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
          "ST_KEY");

  private BackendEnvironment() {}

  /** Those of these variables that are for a storage back-end. */
  public static Map<String, Secret> of(Map<String, String> environment) {
    Map<String, Secret> found = new HashMap<>();
    environment.forEach((name, value) -> {
      if (ALLOWED.contains(name)) {
        found.put(name, new Secret(value));
      }
    });
    return found;
  }

  /** Why these variables are not passed on, if they are not. */
  public static Optional<String> refusal(Collection<String> names) {
    return names.stream()
        .filter(name -> !ALLOWED.contains(name))
        .sorted()
        .findFirst()
        .map(name ->
            "\"" + name + "\" is not among the variables that may be set for a storage back-end");
  }
}
