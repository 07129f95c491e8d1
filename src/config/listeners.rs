//! Listeners: what `listeners`, `advertised.listeners` and `listener.security.protocol.map` say together.

use std::fmt;

use super::broker::BrokerConfig;
use super::value::ConfigError;

/// How a listener is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(non_camel_case_types, clippy::upper_case_acronyms)]
pub enum SecurityProtocol {
    /// In the clear, without a login.
    PLAINTEXT,
    /// TLS.
    SSL,
    /// A login in the clear.
    SASL_PLAINTEXT,
    /// A login under TLS.
    SASL_SSL,
}

impl SecurityProtocol {
    /// The protocol of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<SecurityProtocol> {
        let all = [Self::PLAINTEXT, Self::SSL, Self::SASL_PLAINTEXT, Self::SASL_SSL];
        all.into_iter().find(|protocol| protocol.name().eq_ignore_ascii_case(name))
    }

    /// Kafka's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            SecurityProtocol::PLAINTEXT => "PLAINTEXT",
            SecurityProtocol::SSL => "SSL",
            SecurityProtocol::SASL_PLAINTEXT => "SASL_PLAINTEXT",
            SecurityProtocol::SASL_SSL => "SASL_SSL",
        }
    }

    /// The number in registrations of brokers (`org.apache.kafka.common.security.auth.SecurityProtocol`).
    #[must_use]
    pub fn wire(self) -> i16 {
        match self {
            SecurityProtocol::PLAINTEXT => 0,
            SecurityProtocol::SSL => 1,
            SecurityProtocol::SASL_PLAINTEXT => 2,
            SecurityProtocol::SASL_SSL => 3,
        }
    }
}

/// One address of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// Its name, in capitals.
    pub name: String,
    /// How it is spoken to.
    pub protocol: SecurityProtocol,
    /// The host; empty for every interface.
    pub host: String,
    /// The port; 0 lets the system choose.
    pub port: u16,
}

impl Listener {
    /// `host:port` as a socket is bound, with an IPv6 address in brackets.
    #[must_use]
    pub fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.name, self.address())
    }
}

/// All addresses of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listeners {
    /// For clients and brokers.
    pub broker: Vec<Listener>,
    /// For controllers. It is empty on a node that is the whole quorum.
    pub controller: Vec<Listener>,
    /// What clients are told, in the order of the file. An empty host stands for this host's own name, a port 0 for the
    /// port that the listener of the same name got.
    pub advertised: Vec<Listener>,
    /// The name of the listener that brokers use among themselves.
    pub inter_broker: String,
}

impl BrokerConfig {
    /// The listeners of this node.
    ///
    /// # Errors
    /// Kafka's sentence: an address that cannot be read, a name without a protocol, a name or port given twice, an
    /// inter-broker listener that is not advertised.
    pub fn listeners(&self) -> Result<Listeners, ConfigError> {
        let protocols = protocols(self)?;
        let all = parse("listeners", &self.listeners, &protocols)?;
        ensure_distinct(&self.listeners, &all)?;
        let is_controller = |listener: &Listener| {
            self.controller_listener_names.iter().any(|name| name.eq_ignore_ascii_case(&listener.name))
        };
        let (controller, broker): (Vec<_>, Vec<_>) = all.into_iter().partition(is_controller);
        let advertised = match &self.advertised_listeners {
            Some(texts) => parse("advertised.listeners", texts, &protocols)?,
            None => broker.clone(),
        };
        let advertised: Vec<_> = advertised.into_iter().filter(|listener| !is_controller(listener)).collect();
        ensure_routable(self, &advertised)?;
        let inter_broker = inter_broker(self, &protocols, &advertised)?;
        Ok(Listeners { broker, controller, advertised, inter_broker })
    }

    /// Whether this node is a broker.
    #[must_use]
    pub fn is_broker(&self) -> bool {
        self.process_roles.iter().any(|role| role == "broker")
    }

    /// Whether this node is a controller.
    #[must_use]
    pub fn is_controller(&self) -> bool {
        self.process_roles.iter().any(|role| role == "controller")
    }

    /// Whether no other node votes with this one.
    #[must_use]
    pub fn is_only_voter(&self) -> bool {
        let others = self.voters().into_iter().filter(|(id, ..)| *id != self.node_id).count();
        self.is_controller() && others == 0 && self.controller_quorum_bootstrap_servers.is_empty()
    }

    /// The voters of the metadata log, as id, host and port; empty where this node is the only one.
    #[must_use]
    pub fn voters(&self) -> Vec<(i32, String, u16)> {
        let voter = |entry: &String| {
            let (id, address) = entry.split_once('@')?;
            let (host, port) = super::value::host_and_port(address)?;
            Some((id.trim().parse().ok()?, host, port))
        };
        self.controller_quorum_voters.iter().filter_map(voter).collect()
    }
}

type Protocols = Vec<(String, SecurityProtocol)>;

fn protocols(config: &BrokerConfig) -> Result<Protocols, ConfigError> {
    const NAME: &str = "listener.security.protocol.map";
    let mut map = Protocols::new();
    for entry in config.listener_security_protocol_map.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        let (listener, protocol) = entry.rsplit_once(':').ok_or_else(|| {
            let message = format!("Error parsing configuration property '{NAME}': '{entry}' is not NAME:PROTOCOL");
            ConfigError::new(NAME, message)
        })?;
        let known = SecurityProtocol::named(protocol.trim()).ok_or_else(|| {
            let message = format!("Invalid security protocol `{}` defined in {NAME}", protocol.trim());
            ConfigError::new(NAME, message)
        })?;
        map.push((listener.trim().to_ascii_uppercase(), known));
    }
    // As Kafka does where the map is not set: a controller's listener that it does not name is PLAINTEXT.
    let is_default = super::broker::TABLE
        .get(NAME)
        .is_some_and(|row| row.default.text() == Some(&config.listener_security_protocol_map));
    if is_default {
        for name in config.controller_listener_names.iter().map(|name| name.to_ascii_uppercase()) {
            if SecurityProtocol::named(&name).is_none() {
                map.push((name, SecurityProtocol::PLAINTEXT));
            }
        }
    }
    Ok(map)
}

fn parse(property: &str, texts: &[String], protocols: &Protocols) -> Result<Vec<Listener>, ConfigError> {
    let fail = |why: String| {
        let list = texts.join(", ");
        ConfigError::new(property, format!("Error creating broker listeners from '[{list}]': {why}"))
    };
    let parse_one = |text: &String| {
        let (name, host, port) =
            split(text).ok_or_else(|| fail(format!("Unable to parse {text} to a broker endpoint")))?;
        let (_, protocol) = protocols
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| fail(format!("No security protocol defined for listener {name}")))?;
        Ok(Listener { name, protocol: *protocol, host, port })
    };
    texts.iter().map(parse_one).collect()
}

fn split(text: &str) -> Option<(String, String, u16)> {
    let (name, address) = text.split_once("://")?;
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' || byte == b'.';
    if name.is_empty() || !name.bytes().all(legal) {
        return None;
    }
    let (host, port) = super::value::host_and_port(address)?;
    Some((name.to_ascii_uppercase(), host, port))
}

fn ensure_distinct(texts: &[String], listeners: &[Listener]) -> Result<(), ConfigError> {
    let list = texts.join(", ");
    let fail = |what: &str| {
        let why = format!("Each listener must have a different {what}, listeners: [{list}]");
        Err(ConfigError::new("listeners", format!("Error creating broker listeners from '[{list}]': {why}")))
    };
    for (index, listener) in listeners.iter().enumerate() {
        let earlier = &listeners[..index];
        if earlier.iter().any(|other| other.name == listener.name) {
            return fail("name");
        }
        // One port may serve an IPv4 and an IPv6 address (KIP-797).
        let same_port = |other: &&Listener| other.port == listener.port && listener.port != 0;
        let is_pair = |other: &Listener| is_ip_pair(&other.host, &listener.host);
        if earlier.iter().filter(same_port).any(|other| !is_pair(other)) {
            return fail("port");
        }
    }
    Ok(())
}

fn is_ip_pair(one: &str, other: &str) -> bool {
    use std::net::IpAddr;
    matches!(
        (one.parse(), other.parse()),
        (Ok(IpAddr::V4(_)), Ok(IpAddr::V6(_))) | (Ok(IpAddr::V6(_)), Ok(IpAddr::V4(_)))
    )
}

fn ensure_routable(config: &BrokerConfig, advertised: &[Listener]) -> Result<(), ConfigError> {
    // Kafka refuses 0.0.0.0 in listeners without advertised.listeners too; here it stands for the host's own name.
    let is_given = config.advertised_listeners.is_some();
    match advertised.iter().find(|listener| is_given && listener.host == "0.0.0.0") {
        Some(_) => Err(ConfigError::new(
            "advertised.listeners",
            "advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. Use a routable IP address.",
        )),
        None => Ok(()),
    }
}

fn inter_broker(config: &BrokerConfig, protocols: &Protocols, advertised: &[Listener]) -> Result<String, ConfigError> {
    const NAME: &str = "inter.broker.listener.name";
    let name = match &config.inter_broker_listener_name {
        Some(name) => name.to_ascii_uppercase(),
        None => config.security_inter_broker_protocol.clone(),
    };
    if !protocols.iter().any(|(known, _)| *known == name) {
        let message =
            format!("Listener with name {name} defined in {NAME} not found in listener.security.protocol.map.");
        return Err(ConfigError::new(NAME, message));
    }
    if !config.is_broker() || advertised.iter().any(|listener| listener.name == name) {
        return Ok(name);
    }
    let options: Vec<_> = advertised.iter().map(|listener| listener.name.as_str()).collect();
    let message = format!(
        "{NAME} must be a listener name defined in advertised.listeners. \
         The valid options based on currently configured listeners are {}",
        options.join(",")
    );
    Err(ConfigError::new(NAME, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(listeners: &[&str]) -> BrokerConfig {
        BrokerConfig {
            listeners: listeners.iter().map(|text| (*text).to_owned()).collect(),
            controller_listener_names: vec!["CONTROLLER".to_owned()],
            process_roles: vec!["broker".to_owned(), "controller".to_owned()],
            ..BrokerConfig::default()
        }
    }

    #[test]
    fn broker_and_controller_listeners_are_told_apart() {
        let listeners = config(&["plaintext://:9092", "CONTROLLER://[::1]:9093"]).listeners().expect("valid");
        assert_eq!(listeners.broker.iter().map(Listener::to_string).collect::<Vec<_>>(), ["PLAINTEXT://:9092"]);
        assert_eq!(listeners.controller[0].to_string(), "CONTROLLER://[::1]:9093");
        assert_eq!(listeners.controller[0].protocol, SecurityProtocol::PLAINTEXT);
        assert_eq!(listeners.advertised, listeners.broker);
        assert_eq!(listeners.inter_broker, "PLAINTEXT");
    }

    #[test]
    fn wrong_listeners_are_refused_in_kafkas_words() {
        let check = |listeners: &[&str], expected: &str| {
            let error = config(listeners).listeners().expect_err(expected);
            assert!(error.message.ends_with(expected), "{error}");
        };
        check(&["PLAINTEXT:9092"], "Unable to parse PLAINTEXT:9092 to a broker endpoint");
        check(&["FOO://:9092"], "No security protocol defined for listener FOO");
        check(
            &["PLAINTEXT://:9092", "PLAINTEXT://:9093"],
            "Each listener must have a different name, listeners: [PLAINTEXT://:9092, PLAINTEXT://:9093]",
        );
        check(
            &["PLAINTEXT://:9092", "CONTROLLER://:9092"],
            "Each listener must have a different port, listeners: [PLAINTEXT://:9092, CONTROLLER://:9092]",
        );
        check(&["SSL://:9092"], "The valid options based on currently configured listeners are SSL");
    }

    #[test]
    fn one_port_serves_both_ip_versions() {
        let mut config = config(&["PLAINTEXT://127.0.0.1:9092", "OTHER://[::1]:9092"]);
        config.listener_security_protocol_map = "PLAINTEXT:PLAINTEXT,OTHER:PLAINTEXT".to_owned();
        assert_eq!(config.listeners().expect("valid").broker.len(), 2);
    }

    #[test]
    fn the_meta_address_is_not_advertised() {
        let mut config = config(&["PLAINTEXT://0.0.0.0:9092"]);
        assert!(config.listeners().is_ok());
        config.advertised_listeners = Some(vec!["PLAINTEXT://0.0.0.0:9092".to_owned()]);
        assert!(config.listeners().is_err());
    }

    #[test]
    fn voters_are_read() {
        let mut config = config(&["PLAINTEXT://:9092"]);
        config.controller_quorum_voters = vec!["1@a:1".to_owned(), "2@[::1]:2".to_owned()];
        assert_eq!(config.voters(), [(1, "a".to_owned(), 1), (2, "::1".to_owned(), 2)]);
    }
}
