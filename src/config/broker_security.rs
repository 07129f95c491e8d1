//! The broker's properties for TLS, SASL and authorization.

use super::property::Valid;

properties! {
    rows;

    // TLS
    "ssl.protocol", STRING, "TLSv1.3", ANY, PER_BROKER / TLS,
        "Newest TLS version to offer.";
    "ssl.enabled.protocols", LIST, "TLSv1.2,TLSv1.3", LIST_OF_ANY, PER_BROKER / TLS,
        "TLS versions that are allowed.";
    "ssl.cipher.suites", LIST, "", LIST_OF_ANY, PER_BROKER / TLS,
        "Cipher suites that are allowed; empty allows the library's own choice.";
    "ssl.provider", STRING, NULL, ANY, PER_BROKER / JVM,
        "Java's provider of TLS.";
    "ssl.keystore.type", STRING, "JKS", ANY, PER_BROKER / TLS,
        "Format of the key store: PEM, PKCS12 or JKS.";
    "ssl.keystore.location", STRING, NULL, ANY, PER_BROKER / TLS,
        "File with this side's key and certificates.";
    "ssl.keystore.password", PASSWORD, NULL, ANY, PER_BROKER / TLS,
        "Password of the key store file.";
    "ssl.keystore.key", PASSWORD, NULL, ANY, PER_BROKER / TLS,
        "Private key as PEM text.";
    "ssl.keystore.certificate.chain", PASSWORD, NULL, ANY, PER_BROKER / TLS,
        "Certificates of this side as PEM text.";
    "ssl.key.password", PASSWORD, NULL, ANY, PER_BROKER / TLS,
        "Password of the private key.";
    "ssl.truststore.type", STRING, "JKS", ANY, PER_BROKER / TLS,
        "Format of the trust store: PEM, PKCS12 or JKS.";
    "ssl.truststore.location", STRING, NULL, ANY, PER_BROKER / TLS,
        "File with the authorities that are trusted.";
    "ssl.truststore.password", PASSWORD, NULL, ANY, PER_BROKER / TLS,
        "Password of the trust store file.";
    "ssl.truststore.certificates", PASSWORD, NULL, ANY, PER_BROKER / TLS,
        "Trusted authorities as PEM text.";
    "ssl.keymanager.algorithm", STRING, "SunX509", ANY, PER_BROKER / JVM,
        "Java's algorithm for choosing a key.";
    "ssl.trustmanager.algorithm", STRING, "PKIX", ANY, PER_BROKER / JVM,
        "Java's algorithm for checking certificates.";
    "ssl.endpoint.identification.algorithm", STRING, "https", ANY, PER_BROKER / TLS,
        "How the server's name is checked: https compares it with the certificate, empty does not.";
    "ssl.secure.random.implementation", STRING, NULL, ANY, PER_BROKER / JVM,
        "Java's source of random numbers for TLS.";
    "ssl.engine.factory.class", CLASS, NULL, ANY, PER_BROKER / JVM,
        "Class that builds TLS engines.";
    "ssl.client.auth", STRING, "none", one_of(&["required", "requested", "none"]), PER_BROKER / TLS,
        "Whether a client must, may or need not show a certificate.";
    "ssl.principal.mapping.rules", STRING, "DEFAULT", ANY, READ_ONLY / TLS,
        "How the name in a client's certificate becomes a user's name.";
    "ssl.allow.dn.changes", BOOLEAN, "false", ANY, READ_ONLY / TLS,
        "Lets a renewed certificate carry another distinguished name.";
    "ssl.allow.san.changes", BOOLEAN, "false", ANY, READ_ONLY / TLS,
        "Lets a renewed certificate lack alternative names that the old one had.";
    // SASL
    "sasl.enabled.mechanisms", LIST, "GSSAPI", LIST_OF_ANY, PER_BROKER / SASL,
        "Mechanisms that clients may log in with.";
    "sasl.mechanism.inter.broker.protocol", STRING, "GSSAPI", ANY, PER_BROKER / SASL,
        "Mechanism that brokers log in with among themselves.";
    "sasl.mechanism.controller.protocol", STRING, "GSSAPI", ANY, READ_ONLY / SASL,
        "Mechanism for logins with the controllers.";
    "sasl.jaas.config", PASSWORD, NULL, ANY, PER_BROKER / SASL,
        "Credentials in Java's JAAS form.";
    "sasl.server.max.receive.size", INT, "524288", ANY, READ_ONLY / SASL,
        "Largest login message that is read.";
    "sasl.server.callback.handler.class", CLASS, NULL, ANY, READ_ONLY / JVM,
        "Class that checks logins.";
    "sasl.client.callback.handler.class", CLASS, NULL, ANY, READ_ONLY / JVM,
        "Class that supplies credentials.";
    "sasl.login.callback.handler.class", CLASS, NULL, ANY, READ_ONLY / JVM,
        "Class that supplies credentials at login.";
    "sasl.login.class", CLASS, NULL, ANY, READ_ONLY / JVM,
        "Class that logs in.";
    "sasl.login.connect.timeout.ms", INT, NULL, ANY, READ_ONLY / OAUTH,
        "How long a connection to the token server may take.";
    "sasl.login.read.timeout.ms", INT, NULL, ANY, READ_ONLY / OAUTH,
        "How long the token server's answer may take.";
    "sasl.login.refresh.window.factor", DOUBLE, "0.8", ANY, PER_BROKER / OAUTH,
        "Share of a token's life after which it is renewed.";
    "sasl.login.refresh.window.jitter", DOUBLE, "0.05", ANY, PER_BROKER / OAUTH,
        "Random share added to that point.";
    "sasl.login.refresh.min.period.seconds", SHORT, "60", ANY, PER_BROKER / OAUTH,
        "Shortest time between two renewals of a token.";
    "sasl.login.refresh.buffer.seconds", SHORT, "300", ANY, PER_BROKER / OAUTH,
        "Time kept free before a token ends.";
    "sasl.login.retry.backoff.ms", LONG, "100", ANY, READ_ONLY / OAUTH,
        "First pause after a failed request to the token server.";
    "sasl.login.retry.backoff.max.ms", LONG, "10000", ANY, READ_ONLY / OAUTH,
        "Longest pause after a failed request to the token server.";
    "connections.max.reauth.ms", LONG, "0", ANY, READ_ONLY / SASL,
        "Life of a login; a client must log in again before it ends.";
    // Kerberos
    "sasl.kerberos.service.name", STRING, NULL, ANY, PER_BROKER / KERBEROS,
        "Kerberos name of the broker's service.";
    "sasl.kerberos.kinit.cmd", STRING, "/usr/bin/kinit", ANY, PER_BROKER / KERBEROS,
        "Path of kinit.";
    "sasl.kerberos.ticket.renew.window.factor", DOUBLE, "0.8", ANY, PER_BROKER / KERBEROS,
        "Share of a ticket's life after which it is renewed.";
    "sasl.kerberos.ticket.renew.jitter", DOUBLE, "0.05", ANY, PER_BROKER / KERBEROS,
        "Random share added to that point.";
    "sasl.kerberos.min.time.before.relogin", LONG, "60000", ANY, PER_BROKER / KERBEROS,
        "Shortest time between two Kerberos logins.";
    "sasl.kerberos.principal.to.local.rules", LIST, "DEFAULT", LIST_OF_ANY, PER_BROKER / KERBEROS,
        "How a Kerberos name becomes a user's name.";
    // OAuth
    "sasl.oauthbearer.token.endpoint.url", STRING, NULL, ANY, READ_ONLY / OAUTH,
        "Address where tokens are fetched.";
    "sasl.oauthbearer.scope", STRING, NULL, ANY, READ_ONLY / OAUTH,
        "Scope to ask a token for.";
    "sasl.oauthbearer.client.credentials.client.id", STRING, NULL, ANY, READ_ONLY / OAUTH,
        "Client id shown to the token server.";
    "sasl.oauthbearer.client.credentials.client.secret", PASSWORD, NULL, ANY, READ_ONLY / OAUTH,
        "Client secret shown to the token server.";
    "sasl.oauthbearer.jwt.retriever.class", CLASS, "org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever", ANY, READ_ONLY / JVM,
        "Class that fetches tokens.";
    "sasl.oauthbearer.jwt.validator.class", CLASS, "org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator", ANY, READ_ONLY / JVM,
        "Class that checks tokens.";
    "sasl.oauthbearer.assertion.algorithm", STRING, "RS256", any_case(&["ES256", "RS256"]), READ_ONLY / OAUTH,
        "Algorithm that signs the assertion.";
    "sasl.oauthbearer.assertion.claim.aud", STRING, NULL, ANY, READ_ONLY / OAUTH,
        "Audience named in the assertion.";
    "sasl.oauthbearer.assertion.claim.exp.seconds", INT, "300", within(0, 86400), READ_ONLY / OAUTH,
        "Life of the assertion.";
    "sasl.oauthbearer.assertion.claim.iss", STRING, NULL, ANY, READ_ONLY / OAUTH,
        "Issuer named in the assertion.";
    "sasl.oauthbearer.assertion.claim.jti.include", BOOLEAN, "false", ANY, READ_ONLY / OAUTH,
        "Gives every assertion an id of its own.";
    "sasl.oauthbearer.assertion.claim.nbf.seconds", INT, "60", within(0, 3600), READ_ONLY / OAUTH,
        "How far back the assertion's validity begins.";
    "sasl.oauthbearer.assertion.claim.sub", STRING, NULL, ANY, READ_ONLY / OAUTH,
        "Subject named in the assertion.";
    "sasl.oauthbearer.assertion.file", STRING, NULL, ANY, READ_ONLY / OAUTH,
        "File with a finished assertion.";
    "sasl.oauthbearer.assertion.private.key.file", STRING, NULL, ANY, READ_ONLY / OAUTH,
        "File with the key that signs the assertion.";
    "sasl.oauthbearer.assertion.private.key.passphrase", PASSWORD, NULL, ANY, READ_ONLY / OAUTH,
        "Password of that key.";
    "sasl.oauthbearer.assertion.template.file", STRING, NULL, ANY, READ_ONLY / OAUTH,
        "File with further claims and headers of the assertion.";
    "sasl.oauthbearer.jwks.endpoint.url", STRING, NULL, ANY, READ_ONLY / OAUTH,
        "Address of the keys that tokens are checked with.";
    "sasl.oauthbearer.jwks.endpoint.refresh.ms", LONG, "3600000", ANY, READ_ONLY / OAUTH,
        "Time between two fetches of those keys.";
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", LONG, "100", ANY, READ_ONLY / OAUTH,
        "First pause after a failed fetch of the keys.";
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", LONG, "10000", ANY, READ_ONLY / OAUTH,
        "Longest pause after a failed fetch of the keys.";
    "sasl.oauthbearer.expected.audience", LIST, "", LIST_OF_ANY, READ_ONLY / OAUTH,
        "Audiences of which a token must name one.";
    "sasl.oauthbearer.expected.issuer", STRING, NULL, ANY, READ_ONLY / OAUTH,
        "Issuer that a token must name.";
    "sasl.oauthbearer.clock.skew.seconds", INT, "30", ANY, READ_ONLY / OAUTH,
        "Difference of clocks that is tolerated.";
    "sasl.oauthbearer.scope.claim.name", STRING, "scope", ANY, READ_ONLY / OAUTH,
        "Claim that holds the scope.";
    "sasl.oauthbearer.sub.claim.name", STRING, "sub", ANY, READ_ONLY / OAUTH,
        "Claim that holds the subject.";
    // Who may do what
    "authorizer.class.name", STRING, "", Valid::NotNull, READ_ONLY / AUTHORIZER,
        "Class that decides who may do what; mq takes Kafka's own for its built-in one.";
    "principal.builder.class", CLASS, "org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder", ANY, PER_BROKER / JVM,
        "Class that turns a connection into a user's name.";
    "security.providers", STRING, NULL, ANY, READ_ONLY / JVM,
        "Java's security providers.";
    "delegation.token.secret.key", PASSWORD, NULL, ANY, READ_ONLY / TOKENS,
        "Secret from which delegation tokens are made; the same on every node.";
    "delegation.token.max.lifetime.ms", LONG, "604800000", from(1), READ_ONLY / TOKENS,
        "Life of a delegation token including all renewals.";
    "delegation.token.expiry.time.ms", LONG, "86400000", from(1), READ_ONLY / TOKENS,
        "Life of a delegation token until its next renewal.";
    "delegation.token.expiry.check.interval.ms", LONG, "3600000", from(1), READ_ONLY / TOKENS,
        "Time between two searches for expired delegation tokens.";
}
