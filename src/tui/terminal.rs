//! The terminal: taken over, and given back as it was found at the end, on a panic, on a signal that asks for the end,
//! and while suspended.

use std::cell::RefCell;
use std::io::{self, IsTerminal as _, Write};
use std::os::fd::AsFd as _;
use std::rc::Rc;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::Duration;

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{
    self, DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, Event,
};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;

use super::message::Message;

/// What comes from the terminal and the system.
#[derive(Debug)]
pub enum Happening {
    /// A message to the state of the screen.
    Message(Message),
    /// There may be something new in the tables.
    Fresh,
    /// The shell wants its terminal back for a while.
    Suspend,
    /// The program goes on after it was stopped.
    Resumed,
    /// The program is to end.
    Terminate,
    /// The terminal is gone.
    Lost,
}

/// Whether the terminal is taken over right now.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// A terminal that was taken over.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<Gathered>>,
    gathered: Gathered,
}

/// The octets of a frame on their way to the terminal. They are gathered in memory, so that a slow terminal holds up
/// nobody who waits only until the frame is drawn.
#[derive(Clone, Debug, Default)]
struct Gathered(Rc<RefCell<Vec<u8>>>);

impl Write for Gathered {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Screen {
    /// Takes the terminal over.
    pub fn take() -> io::Result<Self> {
        restore_on_panic();
        enter()?;
        let gathered = Gathered::default();
        let terminal = Terminal::new(CrosstermBackend::new(gathered.clone()));
        terminal.map(|terminal| Self { terminal, gathered }).inspect_err(|_| give_back())
    }

    /// Columns and rows.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        crossterm::terminal::size()
    }

    /// Draws what differs from the frame before into memory; [`Screen::show`] writes it to the terminal.
    pub fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        if !TAKEN.load(Ordering::SeqCst) {
            return Ok(());
        }
        self.terminal.draw(draw).map(drop)
    }

    /// Writes to the terminal what was drawn.
    pub fn show(&mut self) -> io::Result<()> {
        let mut gathered = self.gathered.0.borrow_mut();
        if gathered.is_empty() || !TAKEN.load(Ordering::SeqCst) {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        out.write_all(&gathered)?;
        gathered.clear();
        out.flush()
    }

    /// Makes the next frame draw every cell.
    pub fn forget(&mut self) -> io::Result<()> {
        // Not `clear`, which asks the terminal where its cursor is: the thread that reads the keys would get the
        // answer.
        let (width, height) = self.size()?;
        self.terminal.resize(Rect::new(0, 0, width, height))
    }

    /// Hands text to the clipboard of the terminal, which may be at the other end of an ssh session.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text))
    }

    /// Gives the terminal to the shell, stops, and takes it over again when the program goes on.
    pub fn suspend(&mut self) -> io::Result<()> {
        give_back();
        signal_hook::low_level::emulate_default_handler(SIGTSTP)?;
        self.resume()
    }

    /// Takes the terminal over again after the program was stopped, in whatever way.
    pub fn resume(&mut self) -> io::Result<()> {
        if is_taken() {
            // The program was stopped without notice, and the shell has changed the mode of the terminal since.
            disable_raw_mode()?;
        }
        enter()?;
        self.forget()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let taken =
        execute!(io::stdout(), EnterAlternateScreen, EnableMouseCapture, EnableBracketedPaste, cursor::Hide);
    taken.inspect_err(|_| give_back())
}

/// Gives the terminal back, if it is taken. If one step fails, the others are still tried; nobody is left to be told.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = execute!(
            io::stdout(),
            DisableBracketedPaste,
            DisableMouseCapture,
            LeaveAlternateScreen,
            cursor::Show
        );
        let _ = disable_raw_mode();
        let _ = io::stdout().flush();
    }
}

/// Gives the terminal back before a panic is reported, so that the report can be read.
fn restore_on_panic() {
    static SET: Once = Once::new();
    SET.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            before(panic);
        }));
    });
}

/// Whether the terminal is taken over; no longer so after a panic in any thread, which gives it back.
pub fn is_taken() -> bool {
    TAKEN.load(Ordering::SeqCst)
}

/// Sends signals from a thread of its own, which ends with the program.
pub fn listen_to_signals(happenings: &SyncSender<Happening>) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGCONT])?;
    let sender = happenings.clone();
    spawn("signals", move || {
        for signal in &mut signals {
            let happening = match signal {
                SIGTSTP => Happening::Suspend,
                SIGCONT => Happening::Resumed,
                SIGHUP => Happening::Lost,
                _ => Happening::Terminate,
            };
            if matches!(happening, Happening::Lost | Happening::Terminate) {
                // Started before the send, which blocks when the screen is stuck and the queue is full of keys.
                let _ = spawn("end", end_soon);
            }
            if sender.send(happening).is_err() {
                return;
            }
        }
    })
}

/// Sends keys and the mouse from one thread, and the loss of the terminal from another; both end with the program.
pub fn listen(happenings: &SyncSender<Happening>) -> io::Result<()> {
    let sender = happenings.clone();
    spawn("hangup", move || {
        let stdout = io::stdout();
        if !stdout.is_terminal() {
            return;
        }
        // No events are asked for: `poll` reports unasked that the other end is gone.
        let mut terminal = [PollFd::new(stdout.as_fd(), PollFlags::empty())];
        while poll(&mut terminal, PollTimeout::NONE) != Ok(1) {}
        let _ = spawn("end", end_soon);
        let _ = sender.send(Happening::Lost);
    })?;
    let sender = happenings.clone();
    spawn("keys", move || {
        loop {
            let message = match event::read() {
                Ok(Event::Key(key)) => Message::Key(key),
                Ok(Event::Mouse(mouse)) => Message::Mouse(mouse),
                Ok(Event::Paste(text)) => Message::Paste(text),
                Ok(Event::Resize(width, height)) => Message::Resize(width, height),
                Ok(Event::FocusGained | Event::FocusLost) => continue,
                // The end of input, or a terminal that cannot be read any more.
                Err(_) => {
                    let _ = sender.send(Happening::Lost);
                    return;
                }
            };
            if sender.send(Happening::Message(message)).is_err() {
                return;
            }
        }
    })
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
}

/// Ends the program unless it ends by itself within a second: it may be stuck in a write to a terminal that takes
/// nothing any more.
fn end_soon() {
    const PATIENCE: Duration = Duration::from_secs(1);
    const FAREWELL: Duration = Duration::from_millis(200);
    thread::sleep(PATIENCE);
    // A thread that is stuck in a write holds standard output, so `give_back` may get stuck as well; the line
    // discipline of the terminal can be reset at once.
    let _ = disable_raw_mode();
    let _ = spawn("farewell", give_back);
    thread::sleep(FAREWELL);
    #[allow(clippy::exit)]
    std::process::exit(0);
}
