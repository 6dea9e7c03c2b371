//! The local socket: whoever may use it is the operator at the machine, and may do everything without signing in.

use std::any::Any;
use std::fs::{DirBuilder, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use actix_web::HttpRequest;
use actix_web::dev::Extensions;
use muster_domain::operation::Operation;

use crate::wiring::StartError;

/// The rights of others than a file's owner.
const OTHERS: u32 = 0o077;

/// Marks the application that the local socket leads to.
#[derive(Debug, Clone, Copy)]
pub struct LocalSocket;

/// The user at the other end of a connection, as the system tells it.
#[derive(Debug, Clone, Copy)]
struct PeerUser(u32);

/// Writes down who is at the other end of a connection to the socket.
pub fn note_peer(connection: &dyn Any, data: &mut Extensions) {
    let stream = connection.downcast_ref::<actix_web::rt::net::UnixStream>();
    if let Some(Ok(credentials)) = stream.map(actix_web::rt::net::UnixStream::peer_cred) {
        data.insert(PeerUser(credentials.uid()));
    }
}

/// Whether a request came over the local socket, and if so, whether from its owner or from root.
#[must_use]
pub fn is_owner(request: &HttpRequest) -> Option<bool> {
    request.app_data::<LocalSocket>()?;
    let own = rustix::process::geteuid().as_raw();
    Some(request.conn_data::<PeerUser>().is_some_and(|peer| peer.0 == own || peer.0 == 0))
}

/// Whether an operation is served on the socket.
#[must_use]
pub fn serves(operation: Operation) -> bool {
    use Operation as O;
    matches!(
        operation,
        O::CreateUser
            | O::GetUsers
            | O::PermanentDeleteAllUsers
            | O::GetUsersByIds
            | O::GetUser
            | O::UpdateUser
            | O::DeleteUser
            | O::UpdateUserRoles
            | O::UpdateUserActive
            | O::UpdateUserAuth
            | O::ConvertUserToBot
            | O::PromoteGuestToUser
            | O::DemoteUserToGuest
            | O::GetUserByUsername
            | O::GetUserByEmail
            | O::CreateUserAccessToken
            | O::GetUserAccessTokensForUser
            | O::RevokeUserAccessToken
            | O::UpdateUserPassword
            | O::SendPasswordResetEmail
            | O::VerifyUserEmailWithoutToken
            | O::UpdateUserMfa
    ) || serves_directory(operation)
}

/// Whether an operation of the directory is served on the socket.
fn serves_directory(operation: Operation) -> bool {
    use Operation as O;
    matches!(
        operation,
        O::GetPreferences
            | O::GetPreferencesByCategory
            | O::GetPreferencesByCategoryByName
            | O::UpdatePreferences
            | O::DeletePreferences
            | O::GetBots
            | O::GetBot
            | O::PatchBot
            | O::DisableBot
            | O::EnableBot
            | O::AssignBot
            | O::ConvertBotToUser
            | O::CreateTeam
            | O::GetAllTeams
            | O::GetTeam
            | O::GetTeamByName
            | O::AddTeamMember
            | O::GetTeamMember
            | O::GetTeamMembers
            | O::RemoveTeamMember
            | O::CreateChannel
            | O::GetChannel
            | O::GetChannelByName
            | O::GetChannelByNameForTeamName
            | O::AddChannelMember
            | O::GetChannelMember
            | O::GetChannelMembers
            | O::RemoveUserFromChannel
            | O::GetRolesByNames
            | O::GetAllRoles
            | O::GetRole
            | O::GetRoleByName
    )
}

fn wrong(path: &Path, told: &str) -> StartError {
    StartError::Listen(format!("server.local_socket: {} {told}", path.display()))
}

/// Listens on the socket: a file of mode 0600, in a folder that is its owner's alone.
///
/// # Errors
///
/// [`StartError`] says what is in the way, and how to mend it.
pub fn listen(path: &Path) -> Result<UnixListener, StartError> {
    check_folder(path)?;
    remove_former(path)?;
    let failed = |error: std::io::Error| wrong(path, &format!("can't be listened on ({error}); name another path"));
    let listener = UnixListener::bind(path).map_err(failed)?;
    std::fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    Ok(listener)
}

fn check_folder(path: &Path) -> Result<(), StartError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Err(error) = DirBuilder::new().recursive(true).mode(0o700).create(folder) {
        return Err(wrong(path, &format!("lies in a folder that can't be made ({error}); name a path that Muster's user may write")));
    }
    let mode = std::fs::metadata(folder).map_err(|error| wrong(path, &format!("lies in a folder that can't be looked at ({error})")))?;
    if mode.permissions().mode() & OTHERS == 0 {
        return Ok(());
    }
    Err(wrong(
        path,
        &format!("lies in a folder that others may enter; `chmod 700 {}`, or name a path in a folder of its own", folder.display()),
    ))
}

/// Removes the socket of a program that has ended; nothing else is ever removed.
fn remove_former(path: &Path) -> Result<(), StartError> {
    let former = match std::fs::symlink_metadata(path) {
        Ok(former) => former,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(wrong(path, &format!("can't be looked at ({error})"))),
    };
    if !former.file_type().is_socket() {
        return Err(wrong(path, "is a file and no socket; name another path"));
    }
    if UnixStream::connect(path).is_ok() {
        return Err(wrong(path, "is listened on by another program; stop that one, or name another path"));
    }
    std::fs::remove_file(path).map_err(|error| wrong(path, &format!("is left of a program that has ended, and can't be removed ({error})")))
}
