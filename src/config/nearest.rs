//! The name that somebody may have meant.

/// The known name that is nearest to a misspelt one, or `None` where all are too far away to be worth a guess.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let far = name.chars().count() / 4 + 1;
    known
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= far)
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many letters must be added, removed, changed or swapped with their neighbour to get from one name to the other.
fn distance(one: &str, other: &str) -> usize {
    let one: Vec<char> = one.chars().collect();
    let other: Vec<char> = other.chars().collect();
    let mut rows = vec![vec![0; other.len() + 1]; one.len() + 1];
    for (index, row) in rows.iter_mut().enumerate() {
        row[0] = index;
    }
    for (index, place) in rows[0].iter_mut().enumerate() {
        *place = index;
    }
    for i in 1..=one.len() {
        for j in 1..=other.len() {
            let changed = usize::from(one[i - 1] != other[j - 1]);
            let mut least = (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + changed);
            if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = least;
        }
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_finds_its_neighbour() {
        let known = ["enable.idempotence", "auto.offset.reset", "acks", "log.retention.ms"];
        for (name, expected) in [
            ("enable.idompotence", Some("enable.idempotence")),
            ("auto.offset.rest", Some("auto.offset.reset")),
            ("akcs", Some("acks")),
            ("log.retention.sm", Some("log.retention.ms")),
            ("completely.else", None),
        ] {
            assert_eq!(nearest(name, known), expected, "{name}");
        }
    }
}
