use std::io::{self, Read};

use rpassword::ConfigBuilder;
use zeroize::Zeroizing;

use super::Terminal;
use crate::exit::Failure;
use crate::messages::terminal as text;

/// Longest password that is read, in bytes; the server takes 1024 at the most and says so itself.
const PASSWORD_BYTES_MAX: usize = 4_096;

impl Terminal {
    /// Asks for a new password, twice; where standard input is no terminal, reads it from there, once.
    ///
    /// # Errors
    /// Where the two differ, or it cannot be read.
    pub(crate) fn ask_new_password(self) -> Result<Zeroizing<String>, Failure> {
        if !self.can_ask {
            return line_of(&mut io::stdin().lock(), "password");
        }
        let first = self.ask_hidden(text::NEW_PASSWORD.get(self.locale))?;
        let again = self.ask_hidden(text::NEW_PASSWORD_AGAIN.get(self.locale))?;
        match *first == *again {
            true => Ok(first),
            false => Err(Failure::failed(text::PASSWORDS_DIFFER.get(self.locale))),
        }
    }

    /// Asks for a token; where standard input is no terminal, reads it from there.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub(crate) fn ask_token(self) -> Result<Zeroizing<String>, Failure> {
        match self.can_ask {
            true => self.ask_hidden(text::TOKEN.get(self.locale)),
            false => line_of(&mut io::stdin().lock(), "token"),
        }
    }

    fn ask_hidden(self, prompt: &str) -> Result<Zeroizing<String>, Failure> {
        let config = ConfigBuilder::new().password_feedback_hide().build();
        rpassword::prompt_password_with_config(prompt, config)
            .map(Zeroizing::new)
            .map_err(|error| Failure::failed(format!("read the answer: {error}")))
    }

    /// Asks whether to go on. Only the word for yes is a yes.
    ///
    /// # Errors
    /// Where nobody can be asked.
    pub(crate) fn confirm(self, question: &str) -> Result<bool, Failure> {
        if !self.can_ask {
            return Err(Failure::usage(text::NOBODY_TO_ASK.get(self.locale)));
        }
        self.tell(question);
        let mut answer = String::new();
        let read = io::stdin().read_line(&mut answer);
        read.map_err(|error| Failure::failed(format!("read the answer: {error}")))?;
        Ok(["y", "yes", "是"].contains(&answer.trim().to_lowercase().as_str()))
    }
}

/// The one line of the input, without its end.
fn line_of(input: &mut impl Read, what: &str) -> Result<Zeroizing<String>, Failure> {
    let fault = |why: &str| Failure::failed(format!("read the {what} from standard input: {why}"));
    // Full size from the start: a buffer that grows leaves pieces of the secret behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(PASSWORD_BYTES_MAX + 1));
    let read = input.take(PASSWORD_BYTES_MAX as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| fault(&error.to_string()))?;
    if bytes.len() > PASSWORD_BYTES_MAX {
        return Err(fault("it is too long"));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| fault("it is not UTF-8"))?;
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    match line {
        "" => Err(fault("there is none")),
        line if line.contains('\n') => Err(fault("there is more than one line")),
        line => Ok(Zeroizing::new(line.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8]) -> Result<String, String> {
        line_of(&mut &*input, "password")
            .map(|password| password.to_string())
            .map_err(|failure| failure.message)
    }

    #[test]
    fn a_password_is_one_line_with_or_without_its_end() {
        for input in ["a pass word", "a pass word\n", "a pass word\r\n"] {
            assert_eq!(read(input.as_bytes()).unwrap(), "a pass word");
        }
        assert_eq!(read(" blanks stay \n".as_bytes()).unwrap(), " blanks stay ");
    }

    #[test]
    fn what_is_no_password_is_refused_without_a_part_of_it() {
        let long = vec![b'x'; PASSWORD_BYTES_MAX + 1];
        let cases: [(&[u8], &str); 5] = [
            (b"", "there is none"),
            (b"\n", "there is none"),
            (b"secret-one\nsecret-two\n", "there is more than one line"),
            (b"secret-\xff", "it is not UTF-8"),
            (&long, "it is too long"),
        ];
        for (input, why) in cases {
            assert_eq!(
                read(input).unwrap_err(),
                format!("read the password from standard input: {why}")
            );
        }
        assert!(read(&long[1..]).is_ok());
    }
}
