//! Whether the servers that were named can be found at all: said at once, as the scripts do, before anything is asked.

use std::net::ToSocketAddrs;

use super::error::ToolError;
use super::tools::Context;
use crate::client::Cluster;

/// What a script says where no name of `bootstrap.servers` has an address.
const UNRESOLVABLE: &str = "No resolvable bootstrap urls given in bootstrap.servers";
/// What Java calls that.
const CONFIG_EXCEPTION: &str = "org.apache.kafka.common.config.ConfigException";

/// Looks every bootstrap server up; one that has an address is enough.
pub(super) fn resolve(cluster: &Cluster, context: &mut Context) -> Result<(), ToolError> {
    let servers = &cluster.options().bootstrap;
    let mut causes = Vec::new();
    for server in servers {
        if let Err(cause) = (&*server.host, server.port).to_socket_addrs() {
            causes.push(format!("{server}: {cause}"));
            if context.style.is_script() {
                let text = format!(
                    "Couldn't resolve server {server} from bootstrap.servers as DNS resolution failed for {}",
                    server.host
                );
                context.output.log_warning("org.apache.kafka.clients.ClientUtils", &text);
            }
        }
    }
    if causes.len() < servers.len() {
        if !context.style.is_script() {
            causes.iter().for_each(|cause| context.output.warn(&format!("cannot resolve {cause}")));
        }
        return Ok(());
    }
    let causes = if context.style.is_script() { String::new() } else { format!(" ({})", causes.join("; ")) };
    Err(ToolError::failed(CONFIG_EXCEPTION, format!("{UNRESOLVABLE}{causes}")))
}

/// The same for a tool whose script says that it could not make its client, and why in the line below.
pub(super) fn resolve_for(made: &str, cluster: &Cluster, context: &mut Context) -> Result<(), ToolError> {
    let Err(cause) = resolve(cluster, context) else { return Ok(()) };
    if !context.style.is_script() {
        return Err(cause);
    }
    context.output.error(&format!("Caused by: {}: {}", cause.class(), cause.message));
    Err(ToolError::failed("org.apache.kafka.common.KafkaException", made))
}

/// What is made by the tools that ask and change.
pub(super) const ADMIN: &str = "Failed to create new KafkaAdminClient";
