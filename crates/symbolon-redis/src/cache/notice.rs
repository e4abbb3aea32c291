//! A signal as a message: `version | sort | … | sum(channel ‖ what is before it)`.
//!
//! On the channel of the log: rows, or only how far it has grown. On the other: an acknowledgement. Whoever replays one
//! says what was true when it was sent: rows that are known, and a position that is smaller than the member's.

use symbolon_core::clock::Timestamp;
use symbolon_core::member::Incarnation;
use symbolon_core::revocation::{KEEP_MAX, LogKind, LogRow, RevocationSeq};
use symbolon_core::session::SessionId;
use symbolon_core::signal::{Acknowledgement, Signal};
use symbolon_core::subject::SubjectId;
use symbolon_core::token::{SUM_LEN, SumKey};

use super::shared::Channels;
use crate::octets::{Reader, Writer};

/// The form of a message. One of another form is not heard; the log tells what it said.
const VERSION: u8 = 1;

/// How many rows one message has at the most: those of one batch of revocations. Of more it is told only how far the
/// log has grown.
const ROWS_MAX: usize = 256;

/// The longest message, in bytes: a batch of rows about subjects with the longest names, each keeping as many sessions
/// as one may.
pub(crate) const NOTICE_MAX: usize = 128 * 1024;

const ROWS: u8 = 1;
const GROWN: u8 = 2;
const APPLIED: u8 = 3;

/// Writes a signal; gives the channel that it belongs on. `None`: it is not one to send.
pub(crate) fn seal<'c>(key: &SumKey, channels: &'c Channels, signal: &Signal) -> Option<(&'c str, Vec<u8>)> {
    let (channel, written) = match signal {
        Signal::Rows(rows) => (&channels.rev, rows_or_growth(rows)?),
        Signal::Grown(seq) => (&channels.rev, growth(*seq)),
        Signal::Applied(said) => (&channels.ack, applied(said)),
        Signal::Missed => return None,
    };
    let mut message = written.end()?;
    let sum = key.sum(&[channel.as_bytes(), &message]);
    message.extend_from_slice(&sum);
    Some((channel, message))
}

/// Reads what was heard on a channel. `None`: nobody who has the key sent it there, or another version did.
pub(crate) fn unseal(key: &SumKey, channels: &Channels, channel: &str, message: &[u8]) -> Option<Signal> {
    if message.len() > NOTICE_MAX {
        return None;
    }
    let (signed, sum) = message.split_at_checked(message.len().checked_sub(SUM_LEN)?)?;
    if !key.matches(&[channel.as_bytes(), signed], sum) {
        return None;
    }
    let mut reader = Reader::new(signed);
    let signal = read(&mut reader)?;
    let belongs = match &signal {
        Signal::Applied(_) => &channels.ack,
        Signal::Rows(_) | Signal::Grown(_) | Signal::Missed => &channels.rev,
    };
    (reader.is_at_end() && belongs == channel).then_some(signal)
}

pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Signal> {
    if reader.byte()? != VERSION {
        return None;
    }
    Some(match reader.byte()? {
        ROWS => {
            let count = usize::from(u16::from_be_bytes(reader.array()?));
            if count > ROWS_MAX {
                return None;
            }
            let rows: Option<Vec<LogRow>> = (0..count).map(|_| read_row(reader)).collect();
            Signal::Rows(rows?)
        }
        GROWN => Signal::Grown(RevocationSeq(reader.unsigned()?)),
        APPLIED => Signal::Applied(Acknowledgement {
            incarnation: Incarnation::from_bytes(reader.array()?),
            seq: RevocationSeq(reader.unsigned()?),
            id: reader.array()?,
        }),
        _ => return None,
    })
}

/// The rows; of too many only how far they go, and of none nothing.
fn rows_or_growth(rows: &[LogRow]) -> Option<Writer> {
    let last = rows.last()?;
    let mut writer = begin(ROWS);
    let count = u16::try_from(rows.len()).ok().filter(|_| rows.len() <= ROWS_MAX);
    let Some(count) = count else {
        return Some(growth(last.seq));
    };
    writer.bytes(&count.to_be_bytes());
    for row in rows {
        write_row(&mut writer, row);
    }
    if writer.len() + SUM_LEN > NOTICE_MAX {
        return Some(growth(last.seq));
    }
    Some(writer)
}

fn growth(seq: RevocationSeq) -> Writer {
    let mut writer = begin(GROWN);
    writer.unsigned(seq.0);
    writer
}

fn applied(said: &Acknowledgement) -> Writer {
    let mut writer = begin(APPLIED);
    writer.bytes(said.incarnation.as_bytes());
    writer.unsigned(said.seq.0);
    writer.bytes(&said.id);
    writer
}

fn begin(sort: u8) -> Writer {
    let mut writer = Writer::new(VERSION, 128);
    writer.byte(sort);
    writer
}

fn write_row(writer: &mut Writer, row: &LogRow) {
    writer.unsigned(row.prev_seq.0);
    writer.unsigned(row.seq.0);
    writer.bytes(&row.id);
    writer.signed(row.at.0);
    writer.reason(row.reason);
    match &row.kind {
        LogKind::Session(id) => {
            writer.byte(1);
            writer.bytes(id.as_bytes());
        }
        LogKind::Subject { subject, keep } => {
            writer.byte(2);
            writer.text(subject.as_str());
            writer.count(keep.len());
            for id in keep {
                writer.bytes(id.as_bytes());
            }
        }
        LogKind::Everyone => writer.byte(3),
        LogKind::StaleSession(id) => {
            writer.byte(4);
            writer.bytes(id.as_bytes());
        }
        LogKind::StaleSubject(subject) => {
            writer.byte(5);
            writer.text(subject.as_str());
        }
        LogKind::ApiKey(id) => {
            writer.byte(6);
            writer.bytes(id.as_bytes());
        }
        LogKind::SigningKeys => writer.byte(7),
    }
}

fn read_row(reader: &mut Reader<'_>) -> Option<LogRow> {
    let prev_seq = RevocationSeq(reader.unsigned()?);
    let seq = RevocationSeq(reader.unsigned()?);
    let id = reader.array()?;
    let at = Timestamp(reader.signed()?);
    let reason = reader.reason()?;
    let kind = read_kind(reader)?;
    Some(LogRow {
        seq,
        prev_seq,
        id,
        kind,
        at,
        reason,
    })
}

fn read_kind(reader: &mut Reader<'_>) -> Option<LogKind> {
    Some(match reader.byte()? {
        1 => LogKind::Session(read_id(reader)?),
        2 => {
            let subject = SubjectId::new(reader.text()?).ok()?;
            let count = usize::from(reader.byte()?);
            if count > KEEP_MAX {
                return None;
            }
            let keep: Option<Vec<SessionId>> = (0..count).map(|_| read_id(reader)).collect();
            LogKind::Subject { subject, keep: keep? }
        }
        3 => LogKind::Everyone,
        4 => LogKind::StaleSession(read_id(reader)?),
        5 => LogKind::StaleSubject(SubjectId::new(reader.text()?).ok()?),
        6 => LogKind::ApiKey(read_id(reader)?),
        7 => LogKind::SigningKeys,
        _ => return None,
    })
}

fn read_id(reader: &mut Reader<'_>) -> Option<SessionId> {
    reader.array().map(SessionId::from_bytes)
}

#[cfg(test)]
mod tests;
