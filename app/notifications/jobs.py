"""What the job process does for news: serve duties, write mails, send them, forget old ones."""

from __future__ import annotations

from app.core import jobs
from app.core.jobs import every, job
from app.notifications import fulfilment, letters, mail


@job("notifications.fulfil_duty")
def fulfil_duty(duty_id: int) -> None:
    """Tell everybody whom one duty concerns."""
    fulfilment.fulfil(duty_id)


@every(30)
@job("notifications.sweep_duties")
def sweep_duties() -> None:
    """Serve what a crash between a commit and its job left behind."""
    for duty_id in fulfilment.left_behind():
        jobs.enqueue("notifications.fulfil_duty", duty_id)


@every(30)
@job("notifications.prepare_mails")
def prepare_mails() -> None:
    """Write the mails of news that waited long enough."""
    letters.prepare()


@job("notifications.send_mail")
def send_mail(mail_id: int) -> None:
    """Hand one mail to the server."""
    mail.send(mail_id)


@every(60)
@job("notifications.sweep_mails")
def sweep_mails() -> None:
    """Send what was not sent, when its pause is over."""
    for mail_id in mail.due_mails():
        jobs.enqueue("notifications.send_mail", mail_id)


@every("20 3 * * *")
@job("notifications.forget_old")
def forget_old() -> None:
    """Erase old bodies and lines."""
    mail.forget_old()
