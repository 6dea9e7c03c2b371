//! What letters say in Japanese.

use muster_domain::mail::MailKind;

use super::{Frame, Words};

pub(super) const FRAME: Frame = Frame {
    greeting: "{user} さん",
    closing: "このメールはアカウント {user} に関するお知らせとして {site} から送信されました。返信は読まれません。",
};

pub(super) const fn words(kind: MailKind) -> Words {
    let (subject, paragraphs, action) = said(kind);
    Words { subject, paragraphs, action }
}

#[expect(clippy::too_many_lines, reason = "one entry for each kind of letter")]
const fn said(kind: MailKind) -> (&'static str, &'static [&'static str], Option<&'static str>) {
    match kind {
        MailKind::Reset => (
            "{site} の新しいパスワード",
            &[
                "あなたのアカウントの新しいパスワードが求められました。ご本人の場合は、下のリンクから設定してください。リンクは一度だけ、24時間有効です。",
                "心当たりがない場合は、何もしないでください。パスワードは変わりません。",
            ],
            Some("新しいパスワードを設定する"),
        ),
        MailKind::SignsInElsewhere => (
            "{site} へのサインイン",
            &[
                "あなたのアカウントの新しいパスワードが求められました。このアカウントにはパスワードがなく、別の方法（{detail}）でサインインします。",
                "サインインできない場合は、{site} の管理者にお問い合わせください。",
            ],
            None,
        ),
        MailKind::Verification => (
            "{site} のメールアドレスの確認",
            &[
                "このアドレスでメールを受け取れることを確認してください。下のリンクは一度だけ、24時間有効です。",
                "{site} のアカウントに心当たりがない場合は、何もしないでください。",
            ],
            Some("アドレスを確認する"),
        ),
        MailKind::MagicLink => (
            "{site} へのサインイン用リンク",
            &[
                "下のリンクでサインインできます。リンクは一度だけ、5分間有効です。他の人に渡さないでください。",
                "心当たりがない場合は、何もしないでください。",
            ],
            Some("サインインする"),
        ),
        MailKind::NewDevice => (
            "{site} への新しいサインイン",
            &[
                "{time} に、これまで使われたことのない端末からサインインがありました：{detail}",
                "心当たりがない場合は、すぐにパスワードを変更してください。他のセッションはすべて終了します。",
            ],
            None,
        ),
        MailKind::PasswordChanged => (
            "{site} のパスワードが変更されました",
            &[
                "{time} にアカウントのパスワードが変更されました。他の端末のセッションは終了しました。",
                "心当たりがない場合は、すぐにサインイン画面で新しいパスワードを求め、管理者に知らせてください。",
            ],
            None,
        ),
        MailKind::EmailArrived => (
            "{site} のメールアドレスが変わりました",
            &["{time} から、このアドレスがあなたのアカウントのアドレスです。以前のアドレスに送られたリンクは使えません。"],
            None,
        ),
        MailKind::EmailLeft => (
            "{site} のメールアドレスが変更されました",
            &[
                "{time} に、あなたのアカウントのアドレスが変更されました。このアドレスには今後何も送られません。",
                "心当たりがない場合は、下にリンクがあれば変更を取り消してください。リンクは一度だけ、7日間有効で、すべてのセッションが終了します。その後、新しいパスワードを設定してください。",
            ],
            Some("変更を取り消す"),
        ),
        MailKind::FactorOn => (
            "{site} の二要素認証が有効になりました",
            &["{time} から、パスワードに加えてコードが必要です。", "心当たりがない場合は、管理者に知らせてください。"],
            None,
        ),
        MailKind::FactorOff => (
            "{site} の二要素認証が無効になりました",
            &["{time} から、パスワードだけでサインインできます。", "心当たりがない場合は、パスワードを変更し、管理者に知らせてください。"],
            None,
        ),
        MailKind::RecoveryCodeUsed => (
            "{site} の回復コードが使われました",
            &[
                "{time} に、回復コードのひとつがサインインに使われました。このコードはもう使えません。",
                "心当たりがない場合は、パスワードを変更し、新しいコードを作成してください。",
            ],
            None,
        ),
        MailKind::RecoveryCodesMade => (
            "{site} の新しい回復コード",
            &[
                "{time} に、あなたのアカウントの新しい回復コードが作成されました。以前のコードはもう使えません。",
                "心当たりがない場合は、パスワードを変更し、新しいコードを作成してください。",
            ],
            None,
        ),
        MailKind::TokenMade => (
            "{site} の新しいアクセストークン",
            &[
                "{time} に、あなたのアカウントのアクセストークンが作成されました：{detail}。これを持つ人はあなたとして操作できます。",
                "心当たりがない場合は、トークンを無効にし、パスワードを変更してください。",
            ],
            None,
        ),
        MailKind::TokenEnabled => (
            "{site} のアクセストークンが再び有効になりました",
            &[
                "{time} に、あなたのアカウントのアクセストークンが再び有効になりました：{detail}。これを持つ人はあなたとして操作できます。",
                "心当たりがない場合は、トークンを無効にし、パスワードを変更してください。",
            ],
            None,
        ),
        MailKind::SignInMethodChanged => (
            "{site} へのサインイン方法が変わりました",
            &["{time} から、サインインの方法が変わりました（{detail}）。", "心当たりがない場合は、管理者にお問い合わせください。"],
            None,
        ),
        MailKind::RolesRaised => (
            "{site} のアカウントの権限が増えました",
            &["{time} に、あなたのアカウントに新しい権限が加わりました。", "心当たりがない場合は、管理者にお問い合わせください。"],
            None,
        ),
        MailKind::AccountEnded => (
            "{site} のアカウントが終了しました",
            &[
                "{time} に、あなたのアカウントが無効化または削除されました。すべてのセッションは終了しました。",
                "心当たりがない場合は、管理者にお問い合わせください。",
            ],
            None,
        ),
        MailKind::UsernameChanged => (
            "{site} のユーザー名が変更されました",
            &[
                "{time} に、あなたのアカウントのユーザー名が {detail} から {user} に変更されました。",
                "心当たりがない場合は、管理者にお問い合わせください。",
            ],
            None,
        ),
    }
}
