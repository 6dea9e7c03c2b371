//! What a user agent says of the program and the machine that it runs on, in the words that clients show.

/// A program and its machine.
#[derive(Debug, PartialEq, Eq)]
pub struct Agent {
    /// The machine's family.
    pub platform: &'static str,
    /// The machine's system; empty when it is not told.
    pub os: &'static str,
    /// The program with its version.
    pub browser: String,
}

/// Marks of platforms; of two that fit, the first counts.
const PLATFORMS: [(&str, &str); 10] = [
    ("Windows Phone", "Windows Phone"),
    ("iPad", "iPad"),
    ("iPhone", "iPhone"),
    ("iPod", "iPod"),
    ("BlackBerry", "BlackBerry"),
    ("Windows", "Windows"),
    ("Macintosh", "Macintosh"),
    ("Android", "Linux"),
    ("CrOS", "Linux"),
    ("Linux", "Linux"),
];

/// Marks of systems; of two that fit, the first counts.
const SYSTEMS: [(&str, &str); 19] = [
    ("Windows Phone", "Windows Phone"),
    ("Windows NT 10.0", "Windows 10"),
    ("Windows NT 6.3", "Windows 8.1"),
    ("Windows NT 6.2", "Windows 8"),
    ("Windows NT 6.1", "Windows 7"),
    ("Windows NT 6.0", "Windows Vista"),
    ("Windows NT 5", "Windows XP"),
    ("Windows", "Windows"),
    ("iPad", "iOS"),
    ("iPhone", "iOS"),
    ("iPod", "iOS"),
    ("Macintosh", "Mac OS"),
    ("Kindle", "Kindle"),
    ("webOS", "webOS"),
    ("Android", "Android"),
    ("CrOS", "Chrome OS"),
    ("BlackBerry", "BlackBerry"),
    ("Linux", "Linux"),
    ("iOS", "iOS"),
];

/// Programs of the service's own clients: the mark before the version, and the name.
const CLIENTS: [(&str, &str); 4] =
    [("Mattermost Mobile/", "Mobile App"), ("mmctl/", "mmctl"), ("Mattermost/", "Desktop App"), ("Franz/", "Desktop App")];

/// Other programs: the mark before the version, and the name. Most say of themselves that they are the later ones, too.
const BROWSERS: [(&str, &str); 11] = [
    ("Edg/", "Edge"),
    ("Edge/", "Edge"),
    ("OPR/", "Opera"),
    ("Opera/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Electron/", "Desktop App"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("MSIE ", "Internet Explorer"),
    ("Version/", "Safari"),
];

/// Most bytes of a version.
const VERSION_BYTES: usize = 128;

impl Agent {
    /// What a user agent says.
    #[must_use]
    pub fn of(agent: &str) -> Self {
        let first = |marks: &[(&str, &'static str)]| marks.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
        let is_app = agent.contains("Mattermost Mobile/");
        Self {
            platform: first(&PLATFORMS).unwrap_or(if is_app { "Linux" } else { "Unknown" }),
            os: first(&SYSTEMS).unwrap_or(if is_app { "Android" } else { "" }),
            browser: browser(agent),
        }
    }
}

fn browser(agent: &str) -> String {
    if let Some((version, name)) = found(agent, &CLIENTS) {
        let word = version.split_ascii_whitespace().next().unwrap_or_default();
        return format!("{name}/{}", &word[..word.floor_char_boundary(VERSION_BYTES)]);
    }
    match found(agent, &BROWSERS) {
        Some((version, "Safari")) if agent.contains("Android") => format!("Android/{}", numbers(version)),
        Some((version, name)) => format!("{name}/{}", numbers(version)),
        None if agent.contains("Trident/") => {
            format!("Internet Explorer/{}", agent.split_once("rv:").map_or("0.0".to_owned(), |(_, v)| numbers(v)))
        }
        None if agent.contains("Mattermost") => "Desktop App/0.0".to_owned(),
        None => "Unknown/0.0".to_owned(),
    }
}

fn found<'a>(agent: &'a str, marks: &[(&str, &'static str)]) -> Option<(&'a str, &'static str)> {
    marks.iter().find_map(|(mark, name)| Some((agent.split_once(mark)?.1, *name)))
}

/// The first two numbers of a version, and the third unless it is zero.
fn numbers(version: &str) -> String {
    let end = version.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(version.len());
    let mut numbers = version[..end].split('.').map(|number| number.parse::<u32>().unwrap_or_default());
    let mut next = || numbers.next().unwrap_or_default();
    let (major, minor, patch) = (next(), next(), next());
    if patch == 0 { format!("{major}.{minor}") } else { format!("{major}.{minor}.{patch}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(agent: &str) -> (&'static str, &'static str, String) {
        let Agent { platform, os, browser } = Agent::of(agent);
        (platform, os, browser)
    }

    #[test]
    fn programs_and_machines_are_told_by_their_marks() {
        let cases = [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", ("Linux", "Linux", "Firefox/128.0")),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120.0.0.0 Mattermost/5.6.0 Electron/28.0.0 Safari/537.36",
                ("Windows", "Windows 10", "Desktop App/5.6.0"),
            ),
            ("Mattermost Mobile/2.12.0+500 (Android; 14; Pixel 8)", ("Linux", "Android", "Mobile App/2.12.0+500")),
            ("Mattermost Mobile/2.12.0+500 (other)", ("Linux", "Android", "Mobile App/2.12.0+500")),
            ("Mattermost Mobile/2.12.0 (iOS)", ("Linux", "iOS", "Mobile App/2.12.0")),
            ("Mattermost 5.1", ("Unknown", "", "Desktop App/0.0")),
            ("Mozilla/5.0 (Linux; U; Android 4.0.3) Version/4.0 Mobile Safari/534.30", ("Linux", "Android", "Android/4.0")),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.1.2 Safari/605", ("Macintosh", "Mac OS", "Safari/17.1.2")),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) CriOS/119.0.1", ("iPhone", "iOS", "Chrome/119.0.1")),
            ("Mozilla/5.0 (Windows NT 6.3; Trident/7.0; rv:11.0) like Gecko", ("Windows", "Windows 8.1", "Internet Explorer/11.0")),
            ("Mozilla/5.0 (X11; CrOS x86_64) Chrome/1.2 Safari/3 Edg/99.4.7", ("Linux", "Chrome OS", "Edge/99.4.7")),
            ("mmctl/9.1.0 (linux)", ("Unknown", "", "mmctl/9.1.0")),
            ("", ("Unknown", "", "Unknown/0.0")),
        ];
        for (agent, (platform, os, browser)) in cases {
            assert_eq!(told(agent), (platform, os, browser.to_owned()), "{agent}");
        }
    }

    proptest! {
        #[test]
        fn no_agent_makes_the_reader_panic(agent: String, version: String) {
            let _ = (told(&agent), told(&format!("Mattermost Mobile/{version}")), told(&format!("Firefox/{version}")));
        }
    }
}
