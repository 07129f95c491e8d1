//! The properties of every client for TLS and SASL.

properties! {
    rows;

    // TLS
    "ssl.protocol", STRING, "TLSv1.3", ANY, CLIENT / TLS,
        "Newest TLS version to offer.";
    "ssl.enabled.protocols", LIST, "TLSv1.2,TLSv1.3", LIST_OF_ANY, CLIENT / TLS,
        "TLS versions that are allowed.";
    "ssl.cipher.suites", LIST, "", LIST_OF_ANY, CLIENT / TLS,
        "Cipher suites that are allowed; empty allows the library's own choice.";
    "ssl.provider", STRING, NULL, ANY, CLIENT / JVM,
        "Java's provider of TLS.";
    "ssl.keystore.type", STRING, "JKS", ANY, CLIENT / TLS,
        "Format of the key store: PEM, PKCS12 or JKS.";
    "ssl.keystore.location", STRING, NULL, ANY, CLIENT / TLS,
        "File with this side's key and certificates.";
    "ssl.keystore.password", PASSWORD, NULL, ANY, CLIENT / TLS,
        "Password of the key store file.";
    "ssl.keystore.key", PASSWORD, NULL, ANY, CLIENT / TLS,
        "Private key as PEM text.";
    "ssl.keystore.certificate.chain", PASSWORD, NULL, ANY, CLIENT / TLS,
        "Certificates of this side as PEM text.";
    "ssl.key.password", PASSWORD, NULL, ANY, CLIENT / TLS,
        "Password of the private key.";
    "ssl.truststore.type", STRING, "JKS", ANY, CLIENT / TLS,
        "Format of the trust store: PEM, PKCS12 or JKS.";
    "ssl.truststore.location", STRING, NULL, ANY, CLIENT / TLS,
        "File with the authorities that are trusted.";
    "ssl.truststore.password", PASSWORD, NULL, ANY, CLIENT / TLS,
        "Password of the trust store file.";
    "ssl.truststore.certificates", PASSWORD, NULL, ANY, CLIENT / TLS,
        "Trusted authorities as PEM text.";
    "ssl.keymanager.algorithm", STRING, "SunX509", ANY, CLIENT / JVM,
        "Java's algorithm for choosing a key.";
    "ssl.trustmanager.algorithm", STRING, "PKIX", ANY, CLIENT / JVM,
        "Java's algorithm for checking certificates.";
    "ssl.endpoint.identification.algorithm", STRING, "https", ANY, CLIENT / TLS,
        "How the server's name is checked: https compares it with the certificate, empty does not.";
    "ssl.secure.random.implementation", STRING, NULL, ANY, CLIENT / JVM,
        "Java's source of random numbers for TLS.";
    "ssl.engine.factory.class", CLASS, NULL, ANY, CLIENT / JVM,
        "Class that builds TLS engines.";
    // SASL
    "security.protocol", STRING, "PLAINTEXT", any_case(&["SASL_SSL", "PLAINTEXT", "SSL", "SASL_PLAINTEXT"]), CLIENT / SECURITY,
        "How the broker is spoken to: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.";
    "sasl.mechanism", STRING, "GSSAPI", ANY, CLIENT / SASL,
        "Mechanism of the login.";
    "sasl.jaas.config", PASSWORD, NULL, ANY, CLIENT / SASL,
        "Credentials in Java's JAAS form.";
    "sasl.client.callback.handler.class", CLASS, NULL, ANY, CLIENT / JVM,
        "Class that supplies credentials.";
    "sasl.login.callback.handler.class", CLASS, NULL, ANY, CLIENT / JVM,
        "Class that supplies credentials at login.";
    "sasl.login.class", CLASS, NULL, ANY, CLIENT / JVM,
        "Class that logs in.";
    "sasl.login.connect.timeout.ms", INT, NULL, ANY, CLIENT / OAUTH,
        "How long a connection to the token server may take.";
    "sasl.login.read.timeout.ms", INT, NULL, ANY, CLIENT / OAUTH,
        "How long the token server's answer may take.";
    "sasl.login.refresh.window.factor", DOUBLE, "0.8", fraction("0.5", "1.0"), CLIENT / OAUTH,
        "Share of a token's life after which it is renewed.";
    "sasl.login.refresh.window.jitter", DOUBLE, "0.05", fraction("0.0", "0.25"), CLIENT / OAUTH,
        "Random share added to that point.";
    "sasl.login.refresh.min.period.seconds", SHORT, "60", within(0, 900), CLIENT / OAUTH,
        "Shortest time between two renewals of a token.";
    "sasl.login.refresh.buffer.seconds", SHORT, "300", within(0, 3600), CLIENT / OAUTH,
        "Time kept free before a token ends.";
    "sasl.login.retry.backoff.ms", LONG, "100", ANY, CLIENT / OAUTH,
        "First pause after a failed request to the token server.";
    "sasl.login.retry.backoff.max.ms", LONG, "10000", ANY, CLIENT / OAUTH,
        "Longest pause after a failed request to the token server.";
    // Kerberos
    "sasl.kerberos.service.name", STRING, NULL, ANY, CLIENT / KERBEROS,
        "Kerberos name of the broker's service.";
    "sasl.kerberos.kinit.cmd", STRING, "/usr/bin/kinit", ANY, CLIENT / KERBEROS,
        "Path of kinit.";
    "sasl.kerberos.ticket.renew.window.factor", DOUBLE, "0.8", ANY, CLIENT / KERBEROS,
        "Share of a ticket's life after which it is renewed.";
    "sasl.kerberos.ticket.renew.jitter", DOUBLE, "0.05", ANY, CLIENT / KERBEROS,
        "Random share added to that point.";
    "sasl.kerberos.min.time.before.relogin", LONG, "60000", ANY, CLIENT / KERBEROS,
        "Shortest time between two Kerberos logins.";
    // OAuth
    "sasl.oauthbearer.token.endpoint.url", STRING, NULL, ANY, CLIENT / OAUTH,
        "Address where tokens are fetched.";
    "sasl.oauthbearer.scope", STRING, NULL, ANY, CLIENT / OAUTH,
        "Scope to ask a token for.";
    "sasl.oauthbearer.client.credentials.client.id", STRING, NULL, ANY, CLIENT / OAUTH,
        "Client id shown to the token server.";
    "sasl.oauthbearer.client.credentials.client.secret", PASSWORD, NULL, ANY, CLIENT / OAUTH,
        "Client secret shown to the token server.";
    "sasl.oauthbearer.header.urlencode", BOOLEAN, "false", ANY, CLIENT / OAUTH,
        "Encodes id and secret as in a URL before they are sent.";
    "sasl.oauthbearer.jwt.retriever.class", CLASS, "org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever", ANY, CLIENT / JVM,
        "Class that fetches tokens.";
    "sasl.oauthbearer.jwt.validator.class", CLASS, "org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator", ANY, CLIENT / JVM,
        "Class that checks tokens.";
    "sasl.oauthbearer.assertion.algorithm", STRING, "RS256", any_case(&["ES256", "RS256"]), CLIENT / OAUTH,
        "Algorithm that signs the assertion.";
    "sasl.oauthbearer.assertion.claim.aud", STRING, NULL, ANY, CLIENT / OAUTH,
        "Audience named in the assertion.";
    "sasl.oauthbearer.assertion.claim.exp.seconds", INT, "300", within(0, 86400), CLIENT / OAUTH,
        "Life of the assertion.";
    "sasl.oauthbearer.assertion.claim.iss", STRING, NULL, ANY, CLIENT / OAUTH,
        "Issuer named in the assertion.";
    "sasl.oauthbearer.assertion.claim.jti.include", BOOLEAN, "false", ANY, CLIENT / OAUTH,
        "Gives every assertion an id of its own.";
    "sasl.oauthbearer.assertion.claim.nbf.seconds", INT, "60", within(0, 3600), CLIENT / OAUTH,
        "How far back the assertion's validity begins.";
    "sasl.oauthbearer.assertion.claim.sub", STRING, NULL, ANY, CLIENT / OAUTH,
        "Subject named in the assertion.";
    "sasl.oauthbearer.assertion.file", STRING, NULL, ANY, CLIENT / OAUTH,
        "File with a finished assertion.";
    "sasl.oauthbearer.assertion.private.key.file", STRING, NULL, ANY, CLIENT / OAUTH,
        "File with the key that signs the assertion.";
    "sasl.oauthbearer.assertion.private.key.passphrase", PASSWORD, NULL, ANY, CLIENT / OAUTH,
        "Password of that key.";
    "sasl.oauthbearer.assertion.template.file", STRING, NULL, ANY, CLIENT / OAUTH,
        "File with further claims and headers of the assertion.";
    "sasl.oauthbearer.jwks.endpoint.url", STRING, NULL, ANY, CLIENT / OAUTH,
        "Address of the keys that tokens are checked with.";
    "sasl.oauthbearer.jwks.endpoint.refresh.ms", LONG, "3600000", ANY, CLIENT / OAUTH,
        "Time between two fetches of those keys.";
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", LONG, "100", ANY, CLIENT / OAUTH,
        "First pause after a failed fetch of the keys.";
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", LONG, "10000", ANY, CLIENT / OAUTH,
        "Longest pause after a failed fetch of the keys.";
    "sasl.oauthbearer.expected.audience", LIST, "", LIST_OF_ANY, CLIENT / OAUTH,
        "Audiences of which a token must name one.";
    "sasl.oauthbearer.expected.issuer", STRING, NULL, ANY, CLIENT / OAUTH,
        "Issuer that a token must name.";
    "sasl.oauthbearer.clock.skew.seconds", INT, "30", ANY, CLIENT / OAUTH,
        "Difference of clocks that is tolerated.";
    "sasl.oauthbearer.scope.claim.name", STRING, "scope", ANY, CLIENT / OAUTH,
        "Claim that holds the scope.";
    "sasl.oauthbearer.sub.claim.name", STRING, "sub", ANY, CLIENT / OAUTH,
        "Claim that holds the subject.";
    // Who may do what
    "security.providers", STRING, NULL, ANY, CLIENT / JVM,
        "Java's security providers.";
}
