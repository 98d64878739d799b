//! The functions of addresses, wishes, the call list, and the administrator's list.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    AddressKind, DeskOutcome, MessageKind, Sender,
    contact::{self, Confirming},
    outbox, texts,
};
use crate::{
    core::{Error, MessageChannelId, MessageId, Permission, Result, form::chosen},
    organisation::{Typed, manages_hospital},
    server::{Ctx, mail::Mail, redirect_to},
    tr,
};

/// Sends a code to an address of the user.
#[server(endpoint = "messages/ask_code")]
pub async fn ask_code(#[server(default)] kind: String, #[server(default)] address: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    let kind: AddressKind = chosen("kind", &kind)?;
    contact::ask_code(&mut ctx, kind, &address).await?;
    ctx.commit().await?;
    redirect_to("/portal/account/contact?done=code_sent");
    Ok(())
}

/// Confirms an address by the code that was sent to it.
#[server(endpoint = "messages/confirm_address")]
pub async fn confirm_address(message_channel_id: MessageChannelId, #[server(default)] code: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    let outcome = contact::confirm(&mut ctx, message_channel_id, &code).await?;
    // A wrong code is counted, so it is committed too.
    ctx.commit().await?;
    match outcome {
        Confirming::Done => {
            redirect_to("/portal/account/contact?done=confirmed");
            Ok(())
        }
        Confirming::Wrong => Err(Error::invalid("code", tr!(messages.code_wrong))),
    }
}

/// Takes an address of the user out of use.
#[server(endpoint = "messages/remove_address")]
pub async fn remove_address(message_channel_id: MessageChannelId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    contact::remove(&mut ctx, message_channel_id).await?;
    ctx.commit().await?;
    redirect_to("/portal/account/contact?done=removed");
    Ok(())
}

/// Saves the user's wishes: `language`, `quiet_from`, `quiet_until`, and `want-KIND-CHANNEL` for each ticked choice.
#[server(endpoint = "messages/save_wishes")]
pub async fn save_wishes(#[server(flatten)] fields: Typed) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    contact::save_wishes(&mut ctx, &fields).await?;
    ctx.commit().await?;
    redirect_to("/portal/account/contact?done=saved");
    Ok(())
}

/// Records a call of the desk.
#[server(endpoint = "messages/called")]
pub async fn called(message_id: MessageId, #[server(default)] outcome: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::CheckIn).await?;
    let outcome: DeskOutcome = chosen("outcome", &outcome)?;
    outbox::called(&mut ctx, message_id, outcome).await?;
    ctx.commit().await?;
    redirect_to(if outcome.is_done() { "/messages/calls?done=called" } else { "/messages/calls?done=call_again" });
    Ok(())
}

/// Sends a dead message again.
#[server(endpoint = "messages/send_again")]
pub async fn send_again(message_id: MessageId) -> Result<(), Error> {
    let mut ctx = managing().await?;
    outbox::send_again(&mut ctx, message_id).await?;
    ctx.commit().await?;
    redirect_to("/messages?done=again");
    Ok(())
}

/// Drops a message that was not sent.
#[server(endpoint = "messages/drop")]
pub async fn drop_message(message_id: MessageId) -> Result<(), Error> {
    let mut ctx = managing().await?;
    outbox::drop_message(&mut ctx, message_id).await?;
    ctx.commit().await?;
    redirect_to("/messages?done=dropped");
    Ok(())
}

/// The form of the hospital's own sentence for a kind of message, in both languages.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MessageTextForm {
    pub kind: String,
    pub english: String,
    pub spanish: String,
}

/// Saves the hospital's own sentence for a kind of message; two empty fields bring back the program's own.
#[server(endpoint = "messages/write_text")]
pub async fn write_text(#[server(default)] version: i64, #[server(flatten)] form: MessageTextForm) -> Result<(), Error> {
    let mut ctx = managing().await?;
    let kind: MessageKind = chosen("kind", &form.kind)?;
    texts::write(&mut ctx, kind, &form.english, &form.spanish, version).await?;
    ctx.commit().await?;
    redirect_to(&format!("/messages/texts/{kind}?done=written"));
    Ok(())
}

/// Sends a letter to the administrator who asks, and shows the answer of the mail server.
#[server(endpoint = "messages/try_mail")]
pub async fn try_mail() -> Result<(), Error> {
    let mut ctx = managing().await?;
    let (config, hospital) = (ctx.state().config.clone(), ctx.state().hospital().name.clone());
    let recipient = outbox::begin_test(&mut ctx).await?;
    ctx.commit().await?;
    let mail = Mail {
        recipient,
        subject: tr!(messages.test_subject, hospital = hospital.clone()),
        body: tr!(messages.test_body, hospital = hospital),
    };
    let sender = Sender::new(&config).map_err(|cause| Error::conflict(tr!(messages.test_failed, cause = cause)))?;
    sender.try_out(&mail).await.map_err(|cause| Error::conflict(tr!(messages.test_failed, cause = cause)))?;
    redirect_to("/messages?done=tested");
    Ok(())
}

/// Opens the work of an administrator of the whole hospital.
async fn managing() -> Result<Ctx> {
    let ctx = Ctx::write(Permission::ManageHospital).await?;
    if manages_hospital(&ctx.who) { Ok(ctx) } else { Err(Error::Forbidden) }
}
