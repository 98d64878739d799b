//! A small HTTP client with one connection that stays open, like a browser's.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// The time limit for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The answer to a request.
pub struct Answer {
    pub status: u16,
    /// The address to which a form redirects.
    pub location: String,
    pub cookies: Vec<String>,
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A connection of one user.
pub struct Client {
    stream: BufReader<TcpStream>,
    port: u16,
    cookie: String,
}

impl Client {
    /// Connects; `cookie` is `name=value`, or empty without a session.
    pub fn open(port: u16, cookie: &str) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).context("the server does not answer")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::with_capacity(64 * 1024, stream), port, cookie: cookie.to_owned() })
    }

    /// Signs in on a separate connection; returns the session's cookie.
    pub fn sign_in(port: u16, login: &str, password: &str) -> Result<String> {
        let answer = Self::open(port, "")?.post("/api/accounts/sign_in", &format!("login={login}&password={password}"))?;
        let cookie = answer.cookies.into_iter().find(|cookie| cookie.contains("session"));
        cookie.with_context(|| format!("{login} could not sign in: status {}", answer.status))
    }

    /// Requests a page.
    pub fn get(&mut self, path: &str) -> Result<Answer> {
        let head = self.head("GET", path);
        self.exchange(&format!("{head}\r\n"))
    }

    /// Sends a form, or JSON when the body is a list.
    pub fn post(&mut self, path: &str, body: &str) -> Result<Answer> {
        let kind = if body.starts_with('[') { "application/json" } else { "application/x-www-form-urlencoded" };
        let head = self.head("POST", path);
        self.exchange(&format!(
            "{head}Origin: http://localhost:{}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
            self.port,
            body.len()
        ))
    }

    /// Sends a form as a program does, which is answered in JSON.
    pub fn call(&mut self, path: &str, body: &str) -> Result<Answer> {
        let cookie = self.cookie_line();
        self.exchange(&format!(
            "POST {path} HTTP/1.1\r\nHost: localhost:{0}\r\nOrigin: http://localhost:{0}\r\nAccept: application/json\r\n{cookie}\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {1}\r\n\r\n{body}",
            self.port,
            body.len()
        ))
    }

    /// Opens a stream of events and returns its lines.
    pub fn listen(mut self, path: &str) -> Result<impl Iterator<Item = std::io::Result<String>>> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost:{}\r\nAccept: text/event-stream\r\n", self.port);
        let cookie = self.cookie_line();
        self.stream.get_mut().write_all(format!("{request}{cookie}\r\n").as_bytes())?;
        Ok(self.stream.lines())
    }

    fn head(&self, method: &str, path: &str) -> String {
        let cookie = self.cookie_line();
        format!("{method} {path} HTTP/1.1\r\nHost: localhost:{}\r\nAccept: text/html\r\n{cookie}", self.port)
    }

    fn cookie_line(&self) -> String {
        if self.cookie.is_empty() { String::new() } else { format!("Cookie: {}\r\n", self.cookie) }
    }

    fn exchange(&mut self, request: &str) -> Result<Answer> {
        self.stream.get_mut().write_all(request.as_bytes())?;
        read_answer(&mut self.stream)
    }
}

fn read_answer(stream: &mut impl BufRead) -> Result<Answer> {
    let mut line = String::new();
    let next_line = |stream: &mut dyn BufRead, line: &mut String| -> Result<()> {
        line.clear();
        if stream.read_line(line)? == 0 {
            bail!("the server closed the connection");
        }
        line.truncate(line.trim_end().len());
        Ok(())
    };
    next_line(stream, &mut line)?;
    let status = line.split(' ').nth(1).and_then(|word| word.parse().ok()).with_context(|| format!("no HTTP: {line}"))?;
    let (mut length, mut chunked, mut cookies, mut location) = (0, false, Vec::new(), String::new());
    loop {
        next_line(stream, &mut line)?;
        let Some((name, value)) = line.split_once(':') else { break };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().context("a length that is no number")?,
            "transfer-encoding" => chunked = value.eq_ignore_ascii_case("chunked"),
            "location" => value.clone_into(&mut location),
            "set-cookie" => cookies.extend(value.split(';').next().map(str::to_owned)),
            _ => {}
        }
    }
    let mut body = Vec::new();
    if !chunked {
        body.resize(length, 0);
        stream.read_exact(&mut body)?;
        return Ok(Answer { status, location, cookies, body });
    }
    loop {
        next_line(stream, &mut line)?;
        let size = usize::from_str_radix(line.split(';').next().unwrap_or_default(), 16).context("a chunk without a size")?;
        let start = body.len();
        body.resize(start + size, 0);
        stream.read_exact(&mut body[start..])?;
        next_line(stream, &mut line)?;
        if size == 0 {
            return Ok(Answer { status, location, cookies, body });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_with_a_length_and_in_chunks() {
        let plain = "HTTP/1.1 303 See Other\r\nSet-Cookie: __Host-session=abc; Path=/\r\nContent-Length: 2\r\n\r\nok";
        let answer = read_answer(&mut plain.as_bytes()).unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (303, b"ok".as_slice()));
        assert_eq!(answer.cookies, ["__Host-session=abc"]);
        let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
        assert_eq!(read_answer(&mut chunked.as_bytes()).unwrap().body, b"abcde");
        assert!(read_answer(&mut "".as_bytes()).is_err());
    }
}
