import { LANGUAGES, useLanguage, useText } from '../i18n/language.ts';

/** Which language the page speaks. */
export function LanguageChoice() {
  const { language, choose } = useLanguage();
  const text = useText();
  return (
    <fieldset className="languages">
      <legend className="visually-hidden">{text.language}</legend>
      {LANGUAGES.map((choice) => (
        <button
          key={choice.language}
          type="button"
          lang={choice.language}
          aria-pressed={choice.language === language}
          onClick={() => choose(choice.language)}
        >
          {choice.name}
        </button>
      ))}
    </fieldset>
  );
}
