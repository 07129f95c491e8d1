//! Kafka's names of error classes: its own tools print them in front of a sentence, and scripts look for them.

use crate::model::ErrorCode;

/// The class in `org.apache.kafka.common.errors` that stands for a code.
#[must_use]
pub fn class_of(code: ErrorCode) -> &'static str {
    if let Some((_, class)) = IRREGULAR.iter().find(|(irregular, _)| *irregular == code) {
        return class;
    }
    REGULAR.get_or_init(table).iter().find(|(regular, _)| *regular == code).map_or("KafkaException", |(_, class)| class)
}

static REGULAR: std::sync::OnceLock<Vec<(ErrorCode, String)>> = std::sync::OnceLock::new();

/// Most classes are called as their code is: `NOT_CONTROLLER` is `NotControllerException`.
fn table() -> Vec<(ErrorCode, String)> {
    ErrorCode::all().map(|code| (code, regular(code.name()))).collect()
}

fn regular(name: &str) -> String {
    let words = name.strip_suffix("_EXCEPTION").unwrap_or(name).split('_');
    let mut class: String = words
        .map(|word| {
            let (first, rest) = word.split_at(1);
            format!("{first}{}", rest.to_ascii_lowercase())
        })
        .collect();
    class.push_str("Exception");
    class
}

const IRREGULAR: &[(ErrorCode, &str)] = &[
    (ErrorCode::UNKNOWN_SERVER_ERROR, "UnknownServerException"),
    (ErrorCode::CORRUPT_MESSAGE, "CorruptRecordException"),
    (ErrorCode::REQUEST_TIMED_OUT, "TimeoutException"),
    (ErrorCode::MESSAGE_TOO_LARGE, "RecordTooLargeException"),
    (ErrorCode::STALE_CONTROLLER_EPOCH, "ControllerMovedException"),
    (ErrorCode::OFFSET_METADATA_TOO_LARGE, "OffsetMetadataTooLarge"),
    (ErrorCode::RECORD_LIST_TOO_LARGE, "RecordBatchTooLargeException"),
    (ErrorCode::TOPIC_AUTHORIZATION_FAILED, "TopicAuthorizationException"),
    (ErrorCode::GROUP_AUTHORIZATION_FAILED, "GroupAuthorizationException"),
    (ErrorCode::CLUSTER_AUTHORIZATION_FAILED, "ClusterAuthorizationException"),
    (ErrorCode::TOPIC_ALREADY_EXISTS, "TopicExistsException"),
    (ErrorCode::INVALID_CONFIG, "InvalidConfigurationException"),
    (ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER, "OutOfOrderSequenceException"),
    (ErrorCode::DUPLICATE_SEQUENCE_NUMBER, "DuplicateSequenceException"),
    (ErrorCode::INVALID_PRODUCER_ID_MAPPING, "InvalidPidMappingException"),
    (ErrorCode::INVALID_TRANSACTION_TIMEOUT, "InvalidTxnTimeoutException"),
    (ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED, "TransactionalIdAuthorizationException"),
    (ErrorCode::KAFKA_STORAGE_ERROR, "KafkaStorageException"),
    (ErrorCode::SASL_AUTHENTICATION_FAILED, "SaslAuthenticationException"),
    (ErrorCode::DELEGATION_TOKEN_AUTH_DISABLED, "DelegationTokenDisabledException"),
    (ErrorCode::DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, "UnsupportedByAuthenticationException"),
    (ErrorCode::DELEGATION_TOKEN_AUTHORIZATION_FAILED, "DelegationTokenAuthorizationException"),
    (ErrorCode::NON_EMPTY_GROUP, "GroupNotEmptyException"),
    (ErrorCode::PRINCIPAL_DESERIALIZATION_FAILURE, "PrincipalDeserializationException"),
    (ErrorCode::FETCH_SESSION_TOPIC_ID_ERROR, "FetchSessionTopicIdException"),
    (ErrorCode::INVALID_REGULAR_EXPRESSION, "InvalidRegularExpression"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_called_as_kafkas() {
        for (code, class) in [
            (ErrorCode::NOT_LEADER_OR_FOLLOWER, "NotLeaderOrFollowerException"),
            (ErrorCode::INVALID_TOPIC_EXCEPTION, "InvalidTopicException"),
            (ErrorCode::TOPIC_ALREADY_EXISTS, "TopicExistsException"),
            (ErrorCode::REQUEST_TIMED_OUT, "TimeoutException"),
        ] {
            assert_eq!(class_of(code), class);
        }
    }
}
