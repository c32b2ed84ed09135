package io.holdfast.agent.config;

import io.holdfast.agent.config.YamlFile.Entry;
import io.holdfast.agent.secret.Recipient;
import io.holdfast.agent.secret.RecoveryKey;
import java.util.List;
import java.util.Optional;

/** For whom the control plane's dump is encrypted: public keys of age, as the section has them. */
final class DumpRecipients {

  static final String KEY = "recipients";

  private static final String MAKE =
      "'holdfast recovery-key' makes a pair and prints its public half, which begins with age1.";

  private DumpRecipients() {}

  /** Those that are there, each once; what is none becomes a finding. */
  static List<Recipient> read(YamlFile yaml, String section) {
    String name = section + "." + KEY;
    return yaml.items(name).stream()
        .flatMap(item -> recipient(yaml, name, item).stream())
        .distinct()
        .toList();
  }

  /** What is no key may be a secret, and is not repeated. */
  private static Optional<Recipient> recipient(YamlFile yaml, String name, Entry item) {
    if (RecoveryKey.isIn(item.value())) {
      yaml.finding(
          item.line(),
          name + " holds the private half of a key, which must be on none of these machines",
          "Write the public half there, which begins with age1. Whoever has read this file can read"
              + " every dump for that key: make a new pair with 'holdfast recovery-key'.");
      return Optional.empty();
    }
    Optional<Recipient> recipient = Recipient.parse(item.value());
    if (recipient.isEmpty()) {
      yaml.finding(
          item.line(),
          item.value().startsWith("age1")
              ? name
                  + " holds \""
                  + item.value()
                  + "\", which is no public key, or has a slip in it"
              : name + " holds something that is no public key",
          MAKE);
    }
    return recipient;
  }
}
