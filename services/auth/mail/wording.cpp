// The words of each letter in each language: {about} is the address concerned, or how many are left.
#include "auth/mail/letter.hpp"

#include <array>
#include <cstddef>

namespace mita::auth {

namespace {

constexpr std::size_t kinds = 12, languages = 3;
using in_each_language = std::array<words, languages>;

// By letter_kind, then by language: English, Bulgarian, German.
constexpr std::array<in_each_language, kinds> all{{
    {{{"Confirm your e-mail address",
       "An account at MITA was made with this address. Confirm that it is yours. The link is good for a day.",
       "Confirm the address", "If you did not make an account, ignore this message: nothing happens without you."},
      {"Потвърдете имейл адреса си",
       "С този адрес беше създаден профил в MITA. Потвърдете, че адресът е ваш. Връзката е валидна един ден.",
       "Потвърждавам адреса", "Ако не сте създавали профил, не правете нищо: без вас нищо няма да се случи."},
      {"Bestätigen Sie Ihre E-Mail-Adresse",
       "Mit dieser Adresse wurde ein Konto bei MITA angelegt. Bestätigen Sie, dass sie Ihnen gehört. Der Link gilt "
       "einen Tag.",
       "Adresse bestätigen", "Haben Sie kein Konto angelegt, tun Sie nichts: ohne Sie geschieht nichts."}}},
    {{{"Choose a new password", "A new password was asked for your account. The link is good for an hour, once.",
       "Choose a new password",
       "If you did not ask for it, ignore this message: your password stays as it is. Never pass the link on."},
      {"Изберете нова парола", "За вашия профил беше поискана нова парола. Връзката е валидна един час, еднократно.",
       "Избирам нова парола",
       "Ако не сте я поискали, не правете нищо: паролата ви остава същата. Не давайте връзката на никого."},
      {"Neues Passwort wählen",
       "Für Ihr Konto wurde ein neues Passwort angefordert. Der Link gilt eine Stunde, einmal.",
       "Neues Passwort wählen",
       "Haben Sie es nicht angefordert, tun Sie nichts: Ihr Passwort bleibt, wie es ist. Geben Sie den Link nie "
       "weiter."}}},
    {{{"Confirm your new e-mail address",
       "This address is to become the one of a MITA account. Confirm that it is yours. The link is good for a day; "
       "afterwards, log in again with the new address.",
       "Confirm the new address", "If you did not ask for it, ignore this message: nothing happens without you."},
      {"Потвърдете новия си имейл адрес",
       "Този адрес ще стане адрес на профил в MITA. Потвърдете, че е ваш. Връзката е валидна един ден; след това "
       "влезте отново с новия адрес.",
       "Потвърждавам новия адрес", "Ако не сте поискали това, не правете нищо: без вас нищо няма да се случи."},
      {"Bestätigen Sie Ihre neue E-Mail-Adresse",
       "Diese Adresse soll die eines Kontos bei MITA werden. Bestätigen Sie, dass sie Ihnen gehört. Der Link gilt "
       "einen "
       "Tag; melden Sie sich danach mit der neuen Adresse neu an.",
       "Neue Adresse bestätigen", "Haben Sie das nicht angefordert, tun Sie nichts: ohne Sie geschieht nichts."}}},
    {{{"Your e-mail address is to change",
       "Your MITA account is to get another address: {about}. It changes when the new address is confirmed.", "",
       "If this was not you, change your password now: the change is off then."},
      {"Имейл адресът ви ще се промени",
       "Профилът ви в MITA ще получи друг адрес: {about}. Промяната става, когато новият адрес бъде потвърден.", "",
       "Ако това не сте вие, сменете паролата си веднага: тогава промяната отпада."},
      {"Ihre E-Mail-Adresse soll sich ändern",
       "Ihr Konto bei MITA soll eine andere Adresse bekommen: {about}. Sie ändert sich, sobald die neue bestätigt ist.",
       "", "Waren Sie das nicht, ändern Sie jetzt Ihr Passwort: dann ist die Änderung hinfällig."}}},
    {{{"Your e-mail address was changed",
       "Your MITA account has another address now: {about}. All devices were signed out.", "",
       "If this was not you, answer this message at once."},
      {"Имейл адресът ви беше променен",
       "Профилът ви в MITA вече има друг адрес: {about}. Всички устройства бяха изключени от профила.", "",
       "Ако това не сте вие, отговорете веднага на това писмо."},
      {"Ihre E-Mail-Adresse wurde geändert",
       "Ihr Konto bei MITA hat jetzt eine andere Adresse: {about}. Alle Geräte wurden abgemeldet.", "",
       "Waren Sie das nicht, antworten Sie sofort auf diese Nachricht."}}},
    {{{"Your password was changed", "The password of your MITA account was changed. Other devices were signed out.", "",
       "If this was not you, ask for a new password at once."},
      {"Паролата ви беше сменена",
       "Паролата на профила ви в MITA беше сменена. Другите устройства бяха изключени от "
       "профила.",
       "", "Ако това не сте вие, поискайте веднага нова парола."},
      {"Ihr Passwort wurde geändert",
       "Das Passwort Ihres Kontos bei MITA wurde geändert. Andere Geräte wurden "
       "abgemeldet.",
       "", "Waren Sie das nicht, fordern Sie sofort ein neues Passwort an."}}},
    {{{"Your account was deleted",
       "Your MITA account was deleted, and with it all that you had entered. You can register anew with this address.",
       "", "If this was not you, answer this message at once."},
      {"Профилът ви беше изтрит",
       "Профилът ви в MITA беше изтрит заедно с всичко, което сте въвели. Можете да се регистрирате отново с този "
       "адрес.",
       "", "Ако това не сте вие, отговорете веднага на това писмо."},
      {"Ihr Konto wurde gelöscht",
       "Ihr Konto bei MITA wurde gelöscht, mit allem, was Sie eingegeben hatten. Sie können sich mit dieser Adresse "
       "neu "
       "anmelden.",
       "", "Waren Sie das nicht, antworten Sie sofort auf diese Nachricht."}}},
    {{{"You have an account already",
       "Somebody registered at MITA with this address, which has an account already. Log in with it; if you forgot "
       "the password, ask for a new one.",
       "", "If this was not you, ignore this message: nothing was changed."},
      {"Вече имате профил",
       "Някой се регистрира в MITA с този адрес, но за него вече има профил. Влезте с него; ако сте забравили "
       "паролата, поискайте нова.",
       "", "Ако това не сте вие, не правете нищо: нищо не е променено."},
      {"Sie haben schon ein Konto",
       "Jemand hat sich bei MITA mit dieser Adresse angemeldet, für die es schon ein Konto gibt. Melden Sie sich damit "
       "an; haben Sie das Passwort vergessen, fordern Sie ein neues an.",
       "", "Waren Sie das nicht, tun Sie nichts: nichts wurde geändert."}}},
    {{{"A second factor was added",
       "Your MITA account asks for a second factor from now on, beside the password. Other devices were signed out.",
       "", "If this was not you, ask for a new password at once and answer this message."},
      {"Добавен е втори фактор",
       "Отсега нататък профилът ви в MITA иска втори фактор освен паролата. Другите устройства бяха изключени от "
       "профила.",
       "", "Ако това не сте вие, поискайте веднага нова парола и отговорете на това писмо."},
      {"Ein zweiter Faktor wurde hinzugefügt",
       "Ihr Konto bei MITA verlangt von nun an einen zweiten Faktor neben dem Passwort. Andere Geräte wurden "
       "abgemeldet.",
       "", "Waren Sie das nicht, fordern Sie sofort ein neues Passwort an und antworten Sie auf diese Nachricht."}}},
    {{{"A second factor was removed",
       "A second factor was taken away from your MITA account. Other devices were signed out.", "",
       "If this was not you, change your password at once and answer this message."},
      {"Премахнат е втори фактор",
       "От профила ви в MITA беше премахнат втори фактор. Другите устройства бяха изключени от профила.", "",
       "Ако това не сте вие, сменете веднага паролата си и отговорете на това писмо."},
      {"Ein zweiter Faktor wurde entfernt",
       "Von Ihrem Konto bei MITA wurde ein zweiter Faktor entfernt. Andere Geräte wurden abgemeldet.", "",
       "Waren Sie das nicht, ändern Sie sofort Ihr Passwort und antworten Sie auf diese Nachricht."}}},
    {{{"A recovery code was used",
       "Somebody logged in to your MITA account with the password and a recovery code. Unused codes left: {about}.", "",
       "If this was not you, change your password and make new recovery codes at once."},
      {"Използван е код за възстановяване",
       "Някой влезе в профила ви в MITA с паролата и код за възстановяване. Останали неизползвани кодове: {about}.", "",
       "Ако това не сте вие, сменете паролата си и създайте нови кодове за възстановяване веднага."},
      {"Ein Wiederherstellungscode wurde benutzt",
       "Jemand hat sich mit dem Passwort und einem Wiederherstellungscode bei Ihrem MITA-Konto angemeldet. Unbenutzte "
       "Codes: {about}.",
       "", "Waren Sie das nicht, ändern Sie sofort Ihr Passwort und erzeugen Sie neue Wiederherstellungscodes."}}},
    {{{"New recovery codes were made", "Your MITA account has new recovery codes. The former ones are good no more.",
       "", "If this was not you, change your password at once and answer this message."},
      {"Създадени са нови кодове за възстановяване",
       "Профилът ви в MITA има нови кодове за възстановяване. Предишните вече не важат.", "",
       "Ако това не сте вие, сменете веднага паролата си и отговорете на това писмо."},
      {"Neue Wiederherstellungscodes wurden erzeugt",
       "Ihr MITA-Konto hat neue Wiederherstellungscodes. Die bisherigen gelten nicht mehr.", "",
       "Waren Sie das nicht, ändern Sie sofort Ihr Passwort und antworten Sie auf diese Nachricht."}}},
}};

}  // namespace

const words& words_of(letter_kind k, language l) {
    return all.at(static_cast<std::size_t>(k)).at(static_cast<std::size_t>(l));
}

}  // namespace mita::auth
