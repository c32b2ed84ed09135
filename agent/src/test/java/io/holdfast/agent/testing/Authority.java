package io.holdfast.agent.testing;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERUTCTime;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x509.TBSCertificate;
import org.bouncycastle.asn1.x509.V3TBSCertificateGenerator;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;

/** Who signs certificates for a test. */
public final class Authority {

  private static final AlgorithmIdentifier SIGNATURE =
      new AlgorithmIdentifier(X9ObjectIdentifiers.ecdsa_with_SHA256);
  private static final int LINE = 64;
  private static final String GOOD_UNTIL = "480101000000Z";

  /**
   * A certificate with its key.
   *
   * @param certificate PEM
   * @param key PEM
   * @param keyInDer as Java's driver reads one
   */
  public record Certified(Path certificate, Path key, Path keyInDer) {}

  private final Path directory;
  private final X500Name name;
  private final KeyPair keys = newKeys();
  private final Path root;

  /**
   * @param directory where its own certificate is kept, and those that it signs
   */
  public Authority(Path directory, String name) throws IOException {
    this.directory = Files.createDirectories(directory);
    this.name = new X500Name("CN=" + name);
    ExtensionsGenerator extensions = new ExtensionsGenerator();
    extensions.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
    root = directory.resolve("root.crt");
    Files.writeString(root, certificate(this.name, keys, extensions, GOOD_UNTIL));
  }

  /** Its own certificate, by which those that it has signed are proved. */
  public Path root() {
    return root;
  }

  /** A certificate for a server of that name. */
  public Certified server(String host) throws IOException {
    return signed("server", host, named(host), GOOD_UNTIL);
  }

  private static ExtensionsGenerator named(String host) throws IOException {
    ExtensionsGenerator extensions = new ExtensionsGenerator();
    extensions.addExtension(
        Extension.subjectAlternativeName,
        false,
        new GeneralNames(new GeneralName(GeneralName.dNSName, host)));
    return extensions;
  }

  /** One whose time is over. */
  public Certified expiredServer(String host) throws IOException {
    return signed("expired", host, named(host), "210101000000Z");
  }

  /** A certificate by which that login proves itself. */
  public Certified client(String login) throws IOException {
    return signed("client", login, new ExtensionsGenerator(), GOOD_UNTIL);
  }

  private Certified signed(
      String kind, String subject, ExtensionsGenerator extensions, String goodUntil)
      throws IOException {
    KeyPair own = newKeys();
    Path certificate = directory.resolve(kind + "-" + subject + ".crt");
    Files.writeString(
        certificate, certificate(new X500Name("CN=" + subject), own, extensions, goodUntil));
    PrivateKey key = own.getPrivate();
    Path pem = directory.resolve(kind + "-" + subject + ".key");
    Files.writeString(pem, pem("PRIVATE KEY", key.getEncoded()));
    Files.setPosixFilePermissions(pem, PosixFilePermissions.fromString("rw-------"));
    Path der = directory.resolve(kind + "-" + subject + ".pk8");
    Files.write(der, key.getEncoded());
    Files.setPosixFilePermissions(der, PosixFilePermissions.fromString("rw-------"));
    return new Certified(certificate, pem, der);
  }

  private String certificate(
      X500Name subject, KeyPair own, ExtensionsGenerator extensions, String goodUntil)
      throws IOException {
    V3TBSCertificateGenerator content = new V3TBSCertificateGenerator();
    content.setSerialNumber(new ASN1Integer(new BigInteger(64, new SecureRandom())));
    content.setIssuer(name);
    content.setSubject(subject);
    content.setStartDate(new DERUTCTime("200101000000Z"));
    content.setEndDate(new DERUTCTime(goodUntil));
    content.setSignature(SIGNATURE);
    content.setSubjectPublicKeyInfo(SubjectPublicKeyInfo.getInstance(own.getPublic().getEncoded()));
    if (!extensions.isEmpty()) {
      content.setExtensions(extensions.generate());
    }
    TBSCertificate unsigned = content.generateTBSCertificate();
    return pem(
        "CERTIFICATE",
        new DERSequence(
                new ASN1Encodable[] {
                  unsigned, SIGNATURE, new DERBitString(signature(unsigned.getEncoded()))
                })
            .getEncoded());
  }

  private byte[] signature(byte[] content) {
    try {
      Signature signature = Signature.getInstance("SHA256withECDSA");
      signature.initSign(keys.getPrivate());
      signature.update(content);
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static KeyPair newKeys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static String pem(String kind, byte[] content) {
    String lines = Base64.getMimeEncoder(LINE, new byte[] {'\n'}).encodeToString(content);
    return "-----BEGIN " + kind + "-----\n" + lines + "\n-----END " + kind + "-----\n";
  }
}
