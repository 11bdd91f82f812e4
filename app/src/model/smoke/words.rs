use super::{
    Act, Answer, Button, Choice, Counted, Dialog, Find, Frame, Operator, OptionBy, Pointing,
    Script, Step, Subject, Text, Until, Wanted,
};

impl Step {
    /// The action in words, without any secret: `click "Sign in"`.
    pub fn words(&self) -> String {
        let words = self.act.words();
        match self.soft {
            true => format!("{words}, else go on"),
            false => words,
        }
    }
}

impl Act {
    fn words(&self) -> String {
        match self {
            Self::Open { path } => format!("open {path}"),
            Self::SetWindow { width, height } => format!("make the window {width}x{height}"),
            Self::SetViewport { viewport } => {
                format!("make the page {}x{}", viewport.width, viewport.height)
            }
            Self::SetNetwork {
                download: Some(0), ..
            } => "go offline".to_owned(),
            Self::SetNetwork { .. } => "change the network's speed".to_owned(),
            Self::CloseWindow => "close the window".to_owned(),
            Self::Click { on } => format!("click {}", on.words()),
            Self::DoubleClick { on } => format!("double-click {}", on.words()),
            Self::ClickAt {
                on, button, times, ..
            } => {
                let verb = match (button, times) {
                    (Button::Left, 2) => "double-click",
                    (Button::Left, _) => "click",
                    (Button::Middle, _) => "middle-click",
                    (Button::Right, _) => "right-click",
                    (Button::Back, _) => "press the back button on",
                    (Button::Forward, _) => "press the forward button on",
                };
                format!("{verb} {}", on.words())
            }
            Self::Point { on, does, .. } => {
                let verb = match does {
                    Pointing::Move => "point at",
                    Pointing::Press => "press the button on",
                    Pointing::Release => "let go on",
                };
                format!("{verb} {}", on.words())
            }
            Self::PointAway { on } => format!("point away from {}", on.words()),
            Self::Drag { on, to } => format!("drag {} to {}", on.words(), to.words()),
            Self::Submit { on } => format!("submit {}", on.words()),
            Self::Fill { on, with } | Self::Change { on, with } => {
                format!("fill {} with {}", on.words(), with.words())
            }
            Self::Keys { on, with } => format!("type {} into {}", with.words(), on.words()),
            Self::Edit { on, text } => format!("write \"{text}\" into {}", on.words()),
            Self::Choose { on, option } => format!("choose \"{option}\" in {}", on.words()),
            Self::Select { on, option, choice } => {
                let verb = match choice {
                    Choice::Only => "choose",
                    Choice::Add => "choose also",
                    Choice::Remove => "give up",
                };
                format!("{verb} {} in {}", option.words(), on.words())
            }
            Self::Check { on, checked: true } => format!("check {}", on.words()),
            Self::Check { on, checked: false } => format!("uncheck {}", on.words()),
            Self::Key { key, down: true } => format!("press {key}"),
            Self::Key { key, down: false } => format!("let {key} go"),
            Self::Scroll { on: None, x, y } => format!("scroll to {x}, {y}"),
            Self::Scroll { on: Some(on), .. } => format!("scroll {}", on.words()),
            Self::SwitchWindow { handle } => format!("go to the window {handle}"),
            Self::StoreWindow { into } => format!("remember the window as {into}"),
            Self::SwitchFrame { to } => match to {
                Frame::Top => "leave all frames".to_owned(),
                Frame::Parent => "leave the frame".to_owned(),
                Frame::Index(index) => format!("go into frame {}", index + 1),
                Frame::At(on) => format!("go into the frame {}", on.words()),
            },
            Self::WaitFor { on, until } => format!("wait until {} {}", on.words(), until.words()),
            Self::WaitForText { on, text } => {
                format!("wait until {} reads \"{text}\"", on.words())
            }
            Self::WaitForCount { on, counted } => {
                format!("wait for {} {}", counted.words(), on.words())
            }
            Self::WaitForScript { script } => format!("wait until `{}`", short(script)),
            Self::Pause { ms } => format!("pause for {ms} ms"),
            Self::ExpectText { text } => format!("expect \"{text}\""),
            Self::ExpectUrl { path } => format!("expect to be at {path}"),
            Self::ExpectStatus { status } => format!("expect status {status}"),
            Self::Expect { subject, is } => expectation(subject, is),
            Self::ExpectDialog { dialog, text } => {
                format!("expect the {} \"{text}\"", dialog.words())
            }
            Self::AnswerDialog { dialog, answer } => match answer {
                Answer::Accept => format!("accept the {}", dialog.words()),
                Answer::Dismiss => format!("dismiss the {}", dialog.words()),
                Answer::Text(text) => {
                    format!("answer the {} with {}", dialog.words(), text.words())
                }
            },
            Self::Store { value, into } => format!("store \"{value}\" as {into}"),
            Self::StoreJson { into, .. } => format!("store JSON as {into}"),
            Self::StoreOf { subject, into } => format!("store {} as {into}", subject.words()),
            Self::Run { script, into } => {
                let (Script::Body(script) | Script::Promise(script)) = script;
                match into {
                    Some(into) => format!("run `{}` into {into}", short(script)),
                    None => format!("run `{}`", short(script)),
                }
            }
            Self::Echo { text } => format!("say \"{text}\""),
            Self::If { script } => format!("if `{}`", short(script)),
            Self::ElseIf { script } => format!("else if `{}`", short(script)),
            Self::Else => "else".to_owned(),
            Self::End => "end".to_owned(),
            Self::While { script, .. } => format!("while `{}`", short(script)),
            Self::Do => "do".to_owned(),
            Self::RepeatIf { script, .. } => format!("again if `{}`", short(script)),
            Self::Times { count, .. } => format!("{count} times"),
            Self::ForEach { list, each } => format!("for each {each} of {list}"),
        }
    }
}

fn expectation(subject: &Subject, is: &Wanted) -> String {
    let of = subject.words();
    match (subject, is) {
        (Subject::Present(_), _) => format!("expect {of}"),
        (Subject::Absent(_), _) => format!("expect no {of}"),
        (Subject::Checked(_), Wanted::False) => format!("expect {of} not to be checked"),
        (Subject::Checked(_), _) => format!("expect {of} to be checked"),
        (Subject::Editable(_), Wanted::False) => format!("expect {of} not to be editable"),
        (Subject::Editable(_), _) => format!("expect {of} to be editable"),
        (_, Wanted::Equal(text)) => format!("expect {of} to be \"{text}\""),
        (_, Wanted::Unequal(text)) => format!("expect {of} not to be \"{text}\""),
        (_, Wanted::True) => format!("expect {of}"),
        (_, Wanted::False) => format!("expect not {of}"),
    }
}

impl Subject {
    fn words(&self) -> String {
        match self {
            Self::Variable(name) => format!("the variable {name}"),
            Self::Title => "the title".to_owned(),
            Self::Text(on) => format!("the text of {}", on.words()),
            Self::Value(on) | Self::SelectedValue(on) => format!("the value of {}", on.words()),
            Self::Attribute { on, name } => format!("{name} of {}", on.words()),
            Self::Count(on) => format!("the number of {}", on.words()),
            Self::SelectedLabel(on) => format!("the choice in {}", on.words()),
            Self::Present(on) | Self::Absent(on) | Self::Checked(on) | Self::Editable(on) => {
                on.words()
            }
        }
    }

    /// What has to be found first.
    pub fn on(&self) -> Option<&Find> {
        match self {
            Self::Variable(_) | Self::Title => None,
            Self::Text(on)
            | Self::Value(on)
            | Self::Attribute { on, .. }
            | Self::Count(on)
            | Self::Present(on)
            | Self::Absent(on)
            | Self::Checked(on)
            | Self::Editable(on)
            | Self::SelectedValue(on)
            | Self::SelectedLabel(on) => Some(on),
        }
    }
}

impl Text {
    fn words(&self) -> String {
        match self {
            Self::Plain(text) => format!("\"{text}\""),
            Self::Secret(name) => format!("the secret {name}"),
        }
    }
}

impl OptionBy {
    fn words(&self) -> String {
        match self {
            Self::Label(text) | Self::LabelMostly(text) => format!("\"{text}\""),
            Self::Value(text) => format!("the value \"{text}\""),
            Self::Id(text) => format!("`#{text}`"),
            Self::Index(index) => format!("option {}", index + 1),
        }
    }
}

impl Until {
    fn words(self) -> &'static str {
        match self {
            Self::Present => "is there",
            Self::Absent => "has gone",
            Self::Visible => "can be seen",
            Self::Hidden => "cannot be seen",
            Self::Editable => "can be edited",
            Self::Locked => "cannot be edited",
        }
    }
}

impl Counted {
    fn words(&self) -> String {
        let number = self.count;
        match self.operator {
            Operator::AtLeast => format!("at least {number} of"),
            Operator::Exactly => format!("{number} of"),
            Operator::AtMost => format!("at most {number} of"),
        }
    }
}

impl Dialog {
    pub fn words(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Confirm => "confirmation",
            Self::Prompt => "prompt",
        }
    }
}

/// The beginning of a script, on one line.
fn short(script: &str) -> String {
    const MOST: usize = 60;
    let line: Vec<&str> = script.split_whitespace().collect();
    let line = line.join(" ");
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
