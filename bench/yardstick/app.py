"""The yardstick: what the same page costs with the same packages and no product.

A thread of 20 posts and a list of 20 threads, through Flask-Login, Flask-SQLAlchemy's session and objects, a Jinja
template and a token against forged requests. Served like the product, so that the ratio tells what the product adds.
"""

from __future__ import annotations

import os

from flask import Flask, redirect, render_template, request
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect, generate_csrf
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

app = Flask(__name__)
app.secret_key = "yardstick"
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///" + os.environ["YARDSTICK_DATABASE"]
db = SQLAlchemy(app)
manager = LoginManager(app)
csrf = CSRFProtect(app)


class User(UserMixin, db.Model):
    __tablename__ = "users"
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String)
    org = db.Column(db.String)


class Category(db.Model):
    __tablename__ = "cats"
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String)


class Topic(db.Model):
    __tablename__ = "topics"
    id = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.String)
    cat_id = db.Column(db.ForeignKey("cats.id"))
    category = db.relationship(Category)
    last_at = db.Column(db.String, index=True)
    replies = db.Column(db.Integer)


class Post(db.Model):
    __tablename__ = "posts"
    id = db.Column(db.Integer, primary_key=True)
    topic_id = db.Column(db.ForeignKey("topics.id"), index=True)
    user_id = db.Column(db.ForeignKey("users.id"))
    user = db.relationship(User)
    html = db.Column(db.Text)
    created = db.Column(db.String)


@manager.user_loader
def load(number):
    return db.session.get(User, int(number))


@app.post("/sign-in")
@csrf.exempt
def sign_in():
    login_user(db.session.scalar(select(User).limit(1)))
    return "ok"


@app.get("/topic/<int:number>")
@login_required
def topic(number):
    found = db.session.scalar(select(Topic).options(joinedload(Topic.category)).where(Topic.id == number))
    total = db.session.scalar(select(func.count()).select_from(Post).where(Post.topic_id == number))
    wanted = select(Post).options(joinedload(Post.user)).where(Post.topic_id == number).order_by(Post.id).limit(20)
    posts = db.session.scalars(wanted).all()
    return render_template("topic_orm.html", t=found, total=total, posts=posts, csrf=generate_csrf(), me=current_user)


@app.post("/topic/<int:number>/reply")
@login_required
def reply(number):
    text = "<p>" + request.form["content"][:2000] + "</p>"
    db.session.add(Post(topic_id=number, user_id=current_user.id, html=text, created="2026"))
    db.session.execute(db.update(Topic).where(Topic.id == number).values(replies=Topic.replies + 1))
    db.session.commit()
    return redirect(f"/topic/{number}")


@app.get("/topics")
@login_required
def topics():
    wanted = select(Topic).options(joinedload(Topic.category)).order_by(Topic.last_at.desc()).limit(20)
    return render_template(
        "list_orm.html", rows=db.session.scalars(wanted).all(), csrf=generate_csrf(), me=current_user
    )
