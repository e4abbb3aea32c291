use super::Patient;
use super::finding::Finding;
use crate::redis_condition::{look, remarks};

/// The condition of the Redis that is the store. One that cannot be asked is told by the store's own finding.
pub(super) async fn check(patient: &Patient<'_>) -> Vec<Finding> {
    let config = patient.composition.config();
    let Some(condition) = look(&patient.composition).await else {
        return Vec::new();
    };
    let remarks = remarks(&condition, &config.cache.prefix);
    remarks
        .iter()
        .map(|remark| Finding::of_remark(remark, config.profile, patient.locale))
        .collect()
}
