Změna vlastností ovládacích prvků v Editoru dialogových oken
Globální funkce pro načítání dialogových oken
Čtení nebo úpravy vlastností ovládacích prvků v programu
Přidání položky do seznamu
Překlad ovládacích prvků v editoru dialogových oken
Otevře se dialogové okno Spravovat jazyky uživatelského rozhraní.
V tomto dialogovém okně lze spravovat jazyky aktuální knihovny.
Klepnutím na Přidat v dialogovém okně přidáte záznam o jazyku.
Zavřete dialogové okno nebo přidejte další jazyky.
Přepněte jazyk v seznamu Aktuální jazyk, aby se zobrazil výchozí jazyk.
Zvolte v seznamu Aktuální jazyk jiný jazyk.
Postup zopakujte pro všechny jazyky.
Nápověda k nápovědě
Knihovny, moduly a makra
Zobrazuje název vybraného makra.
Vytvoří nové makro nebo smaže vybrané makro.
Seznam existujících maker a dialogů.
Moduly nebo dialogy můžete přetahovat mezi knihovnami pomocí myši.
Otevře vybrané makro nebo dialog pro editaci.
Vytvoří nový modul.
Vypíše existující knihovny maker pro vybrané umístění.
Přiřadí nebo změní heslo pro vybranou knihovnu.
Knihovna „Standard“ heslo mít nemůže.
Vytvoří novou knihovnu.
Zadejte jméno nového modulu, dialogu nebo knihovny.
Chrání vybranou knihovnu heslem.
Zadejte stávající heslo pro vybranou knihovnu.
Zadejte nové heslo pro vybranou knihovnu.
Zadejte znovu nové heslo pro vybranou knihovnu.
Přidá vybranou knihovnu pouze pro čtení.
Nahradit stávající knihovny
Viz též Procedury a funkce.
Globální a lokální proměnné
Procedury a funkce jsou vždy obsaženy v modulech.
Více modulů je možné sloučit do knihovny.
Použití katalogu objektů
Knihovny, moduly a dialogová okna
Příklady identifikátorů proměnných:
Příklady deklarace proměnných:
Chcete-li, aby každá proměnná byla deklarována, použijte následující příkaz:
Obecně je třeba explicitně deklarovat pouze pole.
Proměnné typu Numeric mohou obsahovat číselné hodnoty.
Pole jsou vhodná pro seznamy a tabulky v programu.
Poklepáním na položku se otevře seznam podřízených objektů.
Předávání proměnných hodnotou nebo odkazem
Proměnná je platná ve všech modulech.
Příklad pro soukromé proměnné
Správa knihoven a modulů
Navigace v projektu
Zobrazí se první modul vybrané knihovny.
Uložení zdrojového kódu do textového souboru
Klepněte na ikonu Uložit zdroj jako na nástrojové liště Makro.
Klepněte na ikonu Vložit zdrojový text na nástrojové liště Makro.
Body přerušení a spouštění po krocích
Klepnutím na Odstranit odstraníte bod přerušení z programu.
Sledování hodnot proměnných
Do okna Kukátko je možné zahrnout také pole.
Okno Zásobník volání
Vytvoření nové knihovny
Klepněte na kartu Knihovny.
Klepněte na Importovat... a vyberte externí knihovnu.
Vyberte knihovnu, kterou chcete smazat ze seznamu.
Správa modulů a dialogových oken
Vytvoření nového modulu nebo dialogového okna
Klepněte na kartu Moduly nebo Dialogová okna.
Přejmenování modulu nebo dialogového okna
Odstranění modulu nebo dialogového okna
Poklepáním na položku zobrazíte podřízené položky.
Správa projektů v dokumentech a šablonách
Přesouvání nebo kopírování modulů mezi dokumenty, šablonami a aplikací.
Přiřazené makro je spuštěno...
...před zavřením dokumentu.
...po zavření dokumentu.
...po přenesení dokumentu na popředí.
...po přenesení jiného dokumentu do popředí.
Uložit dokument jako
Dokument byl uložen jako
Změna počtu stran
Přiřazení makra k události
Zvolte Nástroje - Přizpůsobit a klepněte na kartu Události.
Vyberte událost ze seznamu Události.
Odstranění přiřazení makra k události
V textovém poli Kukátko definujte proměnnou.
Okno Zásobník volání
Určuje vlastnosti bodů přerušení.
Vloží nový modul do aktuální knihovny.
Vloží nové dialogové okno do aktuální knihovny.
Smaže vybraný modul.
Přejmenuje aktuální modul.
Skryje aktuální modul.
Otevře dialogové okno Správce maker.
Aktivuje nebo deaktivuje současný bod přerušení.
Vytvoří bod přerušení na určeném řádku.
Smaže vybraný bod přerušení.
Vlastnosti ovládacích prvků a dialogových oken
Zadávání dat v dialogovém okně Vlastnosti
Otevře pole se seznamem
Zavře pole se seznamem
Vloží zalomení řádku do víceřádkových polí.
Přejde na předchozí řádek.
Přejde na následující řádek.
Určuje přiřazení událostí pro aktuální ovládací prvek nebo dialog.
Dostupné události závisí na druhu ovládacího prvku.
Určuje druh tlačítka.
Druh tlačítka určuje, jaká činnost nastane.
Zadejte symbol měny použitý pro ovládací prvky měny.
Zadejte požadovaný formát ovládacích prvků data.
Určuje horní limit pro ovládací prvky data.
Určuje dolní limit pro ovládací prvky data.
Určuje masku pro kontrolu vstupních údajů.
Tento znak uživatel nemůže měnit.
V této pozici mohou být zadány libovolné tisknutelné znaky.
Určuje, zda je uzel stromu editovatelný.
Vyvolá konec editace
Určuje popisek vybraného ovládacího prvku.
Určuje položky v seznamu.
Jeden řádek představuje jednu položku.
Výběrem "Ano" povolíte ruční zalomení řádku ve víceřádkových ovládacích prvcích.
Zadejte název vybraného ovládacího prvku.
Tento název se používá pro identifikaci ovládacího prvku.
Poté je možné jejich pořadí upravit.
To lze využít např. pro zadávání hesel do textových polí.
Určuje maximální hodnotu ukazatele průběhu.
Určuje minimální hodnotu ukazatele průběhu.
Upraví velikost obrázku, aby odpovídal velikosti ovládacího prvku.
Určuje maximální hodnotu posuvníku.
Určuje minimální hodnotu posuvníku.
Klepnutím na tlačítko ... otevřete dialog Výběr.
Klepněte na položku či položky, které chcete vybrat.
Určuje, zda se mají zobrazit úchyty uzlů.
Zobrazit úchyt kořene
Ostatní ovládací prvky, jako třeba popisky, budou přeskakovány.
Určuje formát použitý pro ovládací prvky času.
Určuje maximální hodnotu pro ovládací prvek času.
Určuje minimální hodnotu pro ovládací prvek času.
Určuje titulek dialogu.
Určuje hodnotu ovládacího prvku.
Tato událost nastane, když ovládací prvek získá zaměření.
Tato událost nastane, když ovládací prvek ztratí zaměření.
Tato událost nastane, když ukazatel myši vstoupí do ovládacího prvku.
Myš se pohnula spolu se stisknutou klávesou
Tato událost nastane, když ukazatel myši opustí ovládací prvek.
Tato událost nastane, když je tažen posuvník.
Spustí první makro aktuálního modulu.
Spustí makro a zastaví jej za dalším příkazem.
Vloží bod přerušení do programu.
Klepnutím na tuto ikonu je možné sledovat proměnnou v makru.
Tato hodnota se průběžně aktualizuje.
Zvýrazní text uzavřený do dvou odpovídajících závorek.
Uložit zdroj jako
Vyvolá dialogové okno pro správu bodů přerušení.
Dialogové okno Spravovat body přerušení
Pokud klepnete na Zrušit, dialog se neimportuje.
Dialog může obsahovat data pro lokalizaci.
Otevře lištu Nástroje.
Přidá příkazové tlačítko.
Přidá ovládací prvek ve formě obrázku.
Přidá pole pro zobrazení textového popisu.
Přidá do dialogu vodorovný posuvník.
Přidá do dialogu svislý posuvník.
Do dialogu přidá ukazatel průběhu.
Přidá do dialogu vodorovnou čáru.
Přidá do dialogu svislou čáru.
Přidá pole pro datum.
Přidá pole pro čas.
Přidá číselné pole.
Přidá měnové pole.
Přidá tlačítko, které otevře dialog pro výběr souboru.
Zapne či vypne Režim výběru.
Zapnout testovací režim
Spustí režim testování.
Klepněte na ikonu uzavření dialogu pro ukončení režimu testování.
Přidá strom, který může zobrazit hierarchický seznam.
Pomocí následujících příkazů a funkcí je možné pracovat s proměnnými.
Následující funkce a příkazy zpracovávají a vracejí řetězce.
Funkce data a času
Řízení běhu programu
Následující příkazy řídí běh programu.
Otevření a zavření souborů
Zde jsou popsány funkce a příkazy pro správu souborů.
Vrátí další dostupné číslo souboru pro otevření souboru.
Otevře datový kanál.
Načte data z otevřeného sekvenčního souboru.
Vrátí aktuální umístění v otevřeném souboru.
Vrátí velikost otevřeného souboru v bajtech.
Uvozovky (") v souboru jsou také zahozeny.
Nastaví atribut pro zadaný soubor.
Změní aktuální adresář nebo jednotku.
Změní aktuální jednotku.
Vrátí délku souboru v bajtech.
Smaže soubor z disku.
Vytvoří na datovém médiu nový adresář.
Přejmenuje stávající soubor nebo adresář.
Odstraní stávající adresář z datového média.
Jednotka musí mít přiřazeno velké písmeno.
Tato funkce nerozlišuje malá a velká písmena.
Převádění hodnot dat
Převod hodnot času
Následující funkce převádějí časové hodnoty na číselné.
Systémové datum a čas
Number: Číselný výraz, který obsahuje datum v číselné podobě.
Proměnná není inicializována
Testuje, zda proměnná obsahuje chybovou hodnotu.
Logické násobení dvou výrazů.
Spočítá logickou ekvivalenci dvou výrazů.
Provede logickou implikaci mezi dvěma výrazy.
Provede logickou operaci EXCLUSIVE OR mezi dvěma výrazy.
Neguje výraz převrácením hodnot bitů.
Sečte nebo sloučí dva výrazy.
Odečte jednu hodnotu od druhé.
Vynásobí dvě hodnoty.
Umocní číslo na zadanou mocninu.
Vydělí jednu hodnotu druhou hodnotou.
Následující příkazy a funkce generují náhodná čísla.
Pro výpočet druhých odmocnin použijte tuto funkci.
Tato funkce vrací absolutní hodnoty.
Tato funkce vrací algebraické znaménko (signum) číselného výrazu.
Vrátí přirozený logaritmus čísla.
Vrátí celočíselnou část čísla.
Vrátí absolutní hodnotu číselného výrazu.
Vrátí osmičkovou hodnotu čísla.
Následující příkazy jsou založeny na podmínkách.
Následující příkazy spouštějí smyčky.
Následující příkazy provádějí skoky.
Vrátí vybranou hodnotu ze seznamu argumentů.
Ukončí proceduru nebo blok.
Určuje, že řádek programu je komentář.
Převede řetězcový nebo číselný výraz na datum.
Přiřadí proměnné určitou hodnotu.
Převede libovolný číselný výraz na řetězec.
Vrátí horní hranici pole.
Testuje, zda byla funkce volána s volitelným parametrem.
Vrátí dolní hranici pole.
Typy výrazů a výsledky převodu
Řetězec obsahující datum a čas.
Odpovídající číslo jako řetězec.
Ověří, zda je výraz číslo.
Například následující příkaz:
Takto je možné dynamicky za běhu vytvářet názvy.
Viz také: Příklady.
Převede všechna velká písmena na malá.
Smaže mezery na konci řetězce.
Odstraní všechny mezery ze začátku a konce řetězce.
Převede malá písmena na velká.
Rozdělí řetězec na pole podřetězců.
Tuto funkci je možné použít k optimalizaci některých procesů.
Vrátí hodnotu proměnné prostředí.
Vrátí číselnou hodnotu určující grafické uživatelské rozhraní.
Je zaměřeno skryté okno programu.
Je zaměřeno okno programu ve standardní velikosti.
Je zaměřeno minimalizované okno programu.
Je zaměřeno maximalizované okno programu.
Standardní velikost okna, není zaměřeno.
Minimalizované okno programu, zaměřeno zůstává aktivní okno.
Dialogy jsou definovány v knihovnách dialogů.
Vytvoří instanci Listener.
Myš na objektu
Ukazatel myši se přesune nad objekt.
Myš opouští objekt
Ukazatel myši opustí objekt.
Obrázek byl úspěšně načten
Úspěšné načtení obrázku.
Načítání obrázku ukončeno
Obrázek nebylo možné načíst
Vkládání alfanumerických znaků
Je zadán text z klávesnice.
Vkládání jiných než alfanumerických znaků
Je změněna velikost rámce pomocí myši.
Rámec je přesunut pomocí myši.
Před vložením automatického textu
Před vložením bloku textu.
Po vložení automatického textu
Po vložení bloku textu.
Seznam dostupných maker.
Přiřadí vybrané makro určené události.
Přiřazená makra se spouští po této události.
Odebere makro, které je přiřazeno vybranému objektu.
Vybere makro, které chcete přiřadit.
Zvolte Vložit - Záhlaví a zápatí.
Zvolte List - Vyplnit buňky.
Zvolte List - Vyplnit buňky - Dolů.
Zvolte List - Vyplnit buňky - Vpravo.
Zvolte List - Vyplnit buňky - Nahoru.
Zvolte List - Vyplnit buňky - Vlevo.
Zvolte List - Vyplnit buňky - Posloupnost.
Zvolte List - Přesunout nebo kopírovat list.
Zvolte Zobrazit - Záhlaví řádků a sloupců.
Zvolte Zobrazit - Zvýrazňování hodnot.
Zvolte Zobrazit - Zalomení stránky.
Vložit buňky dolů
Vložit buňky vpravo
Vložit - Funkce - Kategorie Databáze
Vložit - Funkce - Kategorie Datum a čas
Vložit - Funkce - Kategorie Finanční
Vložit - Funkce - Kategorie Informace
Vložit - Funkce - Kategorie Matematické
Vložit - Funkce - Kategorie Pole
Vložit - Funkce - Kategorie Statistické
Vložit - Funkce - Kategorie Text
Vložit - Funkce - Kategorie Sešit
Vložit - Funkce - Kategorie Doplňky
Na liště Nástroje klepněte na
Pro otevření okna Navigátoru zvolte Zobrazit - Navigátor.
Zadejte písmeno sloupce.
Vložit jako odkaz
Vložit jako kopii
Zvolte předdefinované záhlaví nebo zápatí ze seznamu.
Automaticky vyplní buňky obsahem.
Vyplňování buněk pomocí místních nabídek:
Určuje směr vytváření posloupnosti.
Automatické vyplňování dat podle sousedících buněk
Určuje počáteční hodnotu posloupnosti.
Použijte čísla, datum, nebo čas.
Určuje koncovou hodnotu posloupnosti.
Hustota pravděpodobnosti pro generátor náhodných čísel.
Platnými rozděleními a jejich parametry jsou
Minimum: Minimální hodnota výběru.
Maximum: Maximální hodnota výběru.
Medián: Medián dat, parametr polohy.
V této oblasti jsou uvedeny možnosti vymazání obsahu.
Smaže všechen obsah ve vybrané oblasti buněk.
Smaže pouze text.
Formáty, vzorce, čísla a data zůstávají beze změn.
Smaže vzorce. Formáty, texty, čísla, datové a časové hodnoty zůstávají beze změn.
Smaže komentáře přiřazené buňkám.
Ostatní prvky zůstanou beze změn.
Posunout buňky nahoru
Posunout buňky doleva
Určuje, že list bude kopírován.
Jestliže možnost není zaškrtnuta, list bude přesunut.
Odstraní ruční zalomení řádku nad aktivní buňkou.
Příkazy pro úpravu celých listů.
V závislosti na typu zobrazí buňky zvýrazněné různými barvami.
Chcete-li zvýraznění odstranit, zrušte zaškrtnutí této položky nabídky.
Chcete-li lištu vzorců skrýt, zrušte zaškrtnutí této položky.
Smaže všechna ruční zalomení stránky v aktuálním listu.
Přidá vybrané buňky do oblasti tisku.
Posunout buňky dolů
Posunout buňky doprava
Vloží celý sloupec.
Před aktuální list
Vloží nový list těsně před aktuální list.
Za aktuální list
Vloží nový list těsně za aktuální list.
Vytvoří nový list.
Zadejte jméno listu v poli Název.
Povolené znaky jsou písmena, číslice, mezera a podtržítko.
Určuje počet listů, které se mají vytvořit.
Určuje název nového listu.
Otevře dialog pro výběr souboru.
Cesta k souboru je zobrazena pod tímto seznamem.
Ze seznamu vyberte list, který chcete vložit.
Odkazy je možné aktualizovat podle aktuálního obsahu.
List ze souboru
Pro vyhledání sešitu použijte dialog otevřít soubor.
Vyhledávání podle části názvu funkce.
Prohlédnout si můžete úplný Seznam kategorií a funkcí.
Zobrazí funkce nalezené ve vybrané kategorii.
Funkci vyberete tím, že na ni poklepete.
Klepnutí na jméno funkce zobrazí její krátký popis.
Maticové vzorce operují na více buňkách.
Vyžadované argumenty jsou vyznačeny tučně.
Základní datum pro den nula
Data se počítají odchylkou od počátečního dne nula.
Pokud se základní data liší, změní se zobrazené datum!
Spočítá diskontní sazbu cenného papíru v procentech.
Spočítá dobu trvání (počet roků) pro cenný papír s fixní úrokovou sazbou.
Spočítá úrokovou míru při konstantní míře amortizace.
Vrátí hodnotu aritmetického degresivního odpisu.
Vytvořte následující tabulku:
Tato kategorie obsahuje informační funkce.
Vrátí informaci o adrese, formátování nebo obsahu buňky.
Vrátí číslo odkazovaného sloupce.
Vrátí číslo odkazovaného řádku.
Vrátí číslo odkazovaného listu.
Vrátí absolutní adresu odkazované buňky.
Vrátí obsah odkazované buňky bez jakéhokoliv formátování.
Vrátí šířku odkazovaného sloupce.
Vrátí podobu zarovnání odkazované buňky:
Vrátí informaci o stavu zamknutí buňky:
Vrátí řetězec znaků označujících formát čísla:
Vrací informace o aktuálním pracovním prostředí.
Hodnota je jakákoli hodnota nebo výraz, kde má být proveden test.
Testuje sudá čísla.
Hodnota je hodnota nebo výraz určený k testování.
Vrátí číselnou hodnotu daného parametru.
Pokud se vyskytne chyba, funkce vrátí hodnotu chyby.
Příklad: (viz tabulka výše)
Specifikuje logický test, který má být proveden.
Vrátí doplněk (převrátí) logickou hodnotu.
Průvodce funkcí otevřete volbou Vložit - Funkce.
Vrátí absolutní hodnotu čísla.
Vrátí inverzní trigonometrický kosinus čísla.
Vrátí inverzní hyperbolický kosinus zadaného čísla.
Vrátí inverzní kotangens (arkus kotangens) daného čísla.
Vrátí inverzní hyperbolický kotangens zadaného čísla.
Vrátí inverzní trigonometrický sinus zadaného čísla.
Vrátí inverzní hyperbolický sinus zadaného čísla.
Vrátí inverzní trigonometrický tangens zadaného čísla.
Vrátí inverzní hyperbolický tangens zadaného čísla.
Vrátí počet kombinací pro elementy bez opakování.
Vrátí kosinus daného úhlu (v radiánech).
Vrátí hyperbolický kosinus zadaného čísla.
Vrátí kotangens daného úhlu (v radiánech).
Vrátí hyperbolický kotangens zadaného čísla (úhlu).
Vrátí hyperbolický kotangens Čísla.
Vrátí kosekans zadaného úhlu (v radiánech).
Vrátí (trigonometrický) kosekans Čísla, což je úhel v radiánech.
Vrátí hyperbolický kosekans čísla.
Převede radiány na stupně.
Vrátí faktoriál čísla.
Vrátí největší společný dělitel dvou nebo více celých čísel.
Zaokrouhlí číslo dolů na nejbližší nižší celé číslo.
Vrátí číslo zaokrouhlené dolů na nejbližší celé číslo.
Záporná čísla jsou zaokrouhlována směrem dolů.
Vrátí nejmenší společný násobek jednoho či více celých čísel.
Vrátí logaritmus o daném základu ze zadaného čísla.
Číslo je číslo, jehož logaritmus se bude počítat.
Vrátí zbytek po celočíselném dělení.
Vrátí číslo umocněné na jiné číslo.
Vrátí Základ umocněný na Exponent.
Vrací výsledek celočíselného dělení.
Vrátí celočíselnou část Čitatele děleného Jmenovatelem.
Převede stupně na radiány.
Vrátí náhodné celé číslo ze zadaného intervalu.
Zaokrouhluje číslo na určitý počet desetinných míst.
Vrátí Číslo zaokrouhlené na určitý Počet desetinných míst.
Vrátí sekans zadaného úhlu (v radiánech).
Vrátí hyperbolický sekans čísla.
Sečte první prvky mocninné řady.
Vrátí sinus daného úhlu (v radiánech).
Vrátí sinus Čísla, což je úhel v radiánech.
Vrátí hyperbolický sinus zadaného čísla (úhlu).
Vrátí hyperbolický sinus Čísla.
Vrací druhou odmocninu čísla.
Vrátí kladnou druhou odmocninu Čísla.
Číslo musí být kladné.
Vrátí tangens daného úhlu (v radiánech).
Vrátí (trigonometrický) tangens Čísla, úhel v radiánech.
Vrátí hyperbolický tangens zadaného čísla.
Vrátí hyperbolický tangens Čísla.
Tato kategorie obsahuje maticové funkce.
Co je to matice?
Co je to maticový vzorec?
Přesněji řečeno, výsledek maticového vzorce může být také matice.
Kdy použít maticový vzorec?
Pro ilustraci slouží následující příklad:
Prostým ručním přidáním složených závorek však maticový vzorec není možné vytvořit.
Použití vložených matic ve vzorcích
Matice nemohou být vnořené.
Matice se smíšenými hodnotami.
Možné je formátovat jednotlivé části matice.
Je například možné změnit barvu písma.
Vyberte oblast buněk nebo matici obsahující maticový vzorec.
Vypočte body ležící na exponenciální regresní křivce.
Následující tabulka slouží jako příklad popisu dalších výsledků:
Vrátí inverzní matici.
Vrátí jednotkovou čtvercovou matici dané velikosti.
Rozměry určují velikost matice.
Transponuje řádky a sloupce zadané matice.
Vypočte body ležící na regresní přímce.
Všechny netisknutelné znaky jsou z řetězce odstraněny.
Spojí několik řetězců do jednoho.
Formát měny je nastaven podle vašeho systému.
Tato funkce rozlišuje velikost písmen.
Vrátí první znak nebo znaky textu.
Není-li tento parametr zadán, vrátí se jeden znak.
Vrátí délku řetězce včetně mezer.
Převede všechna velká písmena v textovém řetězci na malá.
Vrátí podřetězec textu.
Text představuje text, který se převede.
NovýText představuje text, kterým bude nahrazen Text.
Text je text, který se bude opakovat.
Vrátí poslední znak nebo znaky textu.
Nahradí část textu v řetězci jiným textem.
Určuje, zda je rok přestupný.
Spočítá rozdíl mezi dvěma daty v měsících.
Vypočítá rozdíl v týdnech mezi dvěma daty.
Spočítá rozdíl v letech mezi dvěma daty.
Každá knihovna doplňků poskytuje několik funkcí.
Některé funkce se používají pro účely administrace.
Pro své funkce můžete zvolit téměř jakýkoliv název.
Musíte ovšem dodržet určitá pravidla pro předávání parametrů.
Přesná konvence pojmenování a volání se liší pro různé platformy.
Parametry se předávají odkazem.
Tudíž je v podstatě možná změna jejich hodnoty.
Obecné informace o rozhraní
Datové typy jsou definovány takto:
Zjistí všechny důležité informace o funkci doplňku.
Prázdné buňky nejsou započítány ani předávány.
Délka následujícího řetězce včetně závěrečného nulového bajtu.
Řetězec, který je zakončen nulovým bajtem.
Místa znamená počet míst, která mají být na výstupu.
Vrací dvojitý faktoriál čísla.
Vrací absolutní hodnotu komplexního čísla.
Vrací imaginární část komplexního čísla.
Vrací podíl dvou komplexních čísel.
Vrací reálnou část komplexního čísla.
Vrátí druhou odmocninu komplexního čísla.
Vrátí rozdíl dvou komplexních čísel.
Vrátí konstantní úrokovou sazbu pro období.
Konec je konec amortizace.
Vrátí kumulativní úrok zaplacený mezi dvěma obdobími.
Na dům byla pořízena následující hypotéka:
Výši úroku zaplacenou během prvního měsíce vypočtete následujícím způsobem:
Datum splatnosti je na konci období.
Vrátí kumulativní jistinu půjčky splacenou mezi dvěma obdobími.
Cena bude vypočtena následujícím způsobem:
Vypočítá výnos cenného papíru.
Vypočítá roční výnos diskontního cenného papíru.
Vrátí bitový logický součin parametrů.
Vrátí bitový logický součet parametrů.
Vrátí bitový logický exkluzivní součet parametrů.
Vrátí pravděpodobnost výsledku vypočtenou za použití binomického rozdělení.
Vrátí hodnoty pravděpodobnosti binomického rozdělení.
Zjistí, kolik čísel je v seznamu argumentů.
Textové záznamy jsou ignorovány.
Vrátí počet prázdných buněk.
Vrátí exponenciální rozdělení.
Číslo je hodnota pro funkci.
Číslo je hodnota, pro kterou bude inverzní transformace spočítána.
Vrátí distribuční funkci normovaného normálního rozdělení.
Vrátí geometrický průměr výběru.
Vrátí harmonický průměr množiny dat.
Vrátí hypergeometrické rozdělení.
Vrátí korelační koeficient mezi dvěma množinami dat.
Vypočítá kovarianci dvojic odchylek.
Vrátí inverzní distribuční funkci logaritmicko-normálního rozdělení.
Vrátí hodnoty logaritmicko-normálního rozdělení.
Tento průměr je ukazatelem variability množiny dat.
Vrátí průměr ze zadaných hodnot.
Vrátí maximální hodnotu ze seznamu argumentů.
Vrátí minimální hodnotu ze seznamu argumentů.
Vrátí hodnotu hustoty pravděpodobnosti nebo distribuční funkce negativního binomického rozdělení.
Vrátí hodnotu negativního binomického rozdělení.
Vrátí hustotu pravděpodobnosti, případně distribuční funkci normálního rozdělení.
Vrátí hodnotu inverzní distribuční funkce normálního rozdělení.
Data představují matici dat.
Vrátí procentuální polohu hodnoty ve výběru.
Vrátí Poissonovo rozdělení.
Vrátí kvartil ze zadané množiny dat.
Vrátí inverzní distribuční funkci normovaného normálního rozdělení.
Vrátí pořadí hodnoty v daném výběru.
Hodnota je hodnota, jejíž pořadí má být určeno.
Vrátí šikmost rozdělení.
Vrátí směrnici přímky lineární regrese.
Převede náhodnou veličinu na normovaný tvar.
Číslo je hodnota, která bude normována.
Odhadne směrodatnou odchylku výběru.
Vypočítá směrodatnou odchylku z celého základního souboru.
Vypočítá směrodatnou odchylku z výběru ze základního souboru.
Odhadne rozptyl na základě výběru.
Vypočte rozptyl z celého základního souboru.
Odhadne rozptyl na základě výběru.
Vypočte rozptyl z celého základního souboru.
Umožňuje automaticky pojmenovat několik oblastí buněk.
Zahrne do současné oblasti popisků také popisky sloupců.
Zahrne do současné oblasti popisků také popisky řádků.
Přidá aktuální oblast popisků do seznamu.
Vložit funkci do listu s výpočty
Určete efekty pro písmo, které chcete použít.
Určuje nastavení ochrany vybraných buněk.
Skryje vzorce a obsah vybraných buněk.
Zabrání změnám vybraných buněk.
Skryje vzorec ve vybraných buňkách.
Stanoví možnosti tisku listu.
Skrýt při tisku
Zabrání tisku vybraných buněk.
Stanoví výšku řádků a skryje či zobrazí vybrané řádky.
Zobrazení skrytých řádků, sloupců či listů
Nastaví šířku sloupce a skryje či zobrazí vybrané sloupce.
Nastaví jméno listu a skryje či zobrazí vybrané listy.
Zadejte nový název listu.
Před vyvoláním příkazu musí být vybrán pouze jeden list.
Aktuální list je vždy vybraný.
Definuje, které prvky sešitu se mají tisknout.
Záhlaví sloupců a řádků
Vytisknou se komentáře v sešitu.
Vytisknou se grafy vložené do sešitu.
Vytisknou se všechny objekty kresby vložené do dokumentu.
Shora dolů, potom vpravo
Zleva doprava, potom dolů
Definuje měřítko pro tisk sešitu.
Stanoví měřítko pro všechny tištěné stránky
Přizpůsobit oblast tisku počtu stránek
Přidá právě vybranou oblast k již definovaným oblastem tisku.
Odstraní definovanou oblast tisku.
Definování oblastí tisku na listu
Umožňuje upravit definovanou oblast tisku.
Jak použít styl buňky:
Vyberte buňku nebo oblast buněk.
Jak použít pomocí plechovky s barvou nový styl:
Klepněte na ikonu Režim vyplňování formátu.
Opakujte pro další buňky a oblasti.
Nový styl z výběru
Použití podmíněného formátování
Dělení slov ve vybraných buňkách
Zvolte Nástroje - Jazyk - Dělení slov.
Zaškrtněte pole Automatické zalomení textu a Aktivní dělení.
Dělení slov v objektech kresby
Vyberte požadovanou kresbu.
Znaménko zaškrtnutí označuje aktuální stav.
Tento příkaz aktivuje Detektiva sešitu.
Vymaže jednu úroveň spojů zobrazených pomocí příkazu Následníci.
Odstranit všechny závislosti
Označit neplatná data
Spoje jsou v listu zobrazeny pomocí šipek.
Odstraní všechny šipky závislostí ze sešitu.
Spuštění Nástroje - Detektiv - Obnovit závislosti.
Pole obsahuje odkaz na aktuální buňku.
Kopírovat celý list
Zkopíruje celý list do dalšího listu scénáře.
Ochrana buněk před změnami
Vyberte buňky, které budou zbaveny ochrany
Příkazy Smazat list a Přejmenovat list nemohou být vybrány.
Automaticky přepočítá všechny vzorce v dokumentu.
Stejně tak jsou aktualizovány všechny grafy.
Vybrané oblasti buněk obsahují popisky.
Neukládat importovaná data
Skryje doplňující volby.
Seznam dostupných databázových oblastí.
Pravidla pro řazení jsou dána národním prostředím.
Ikony na Standardní liště nástrojů
Zachová aktuální formátování buňky.
Povolit přirozené řazení
Kopírovat výsledky řazení do:
Vyberte jazyk pro pravidla řazení.
Shora dolů (seřadit řádky)
Zleva doprava (seřadit sloupce)
Obsahuje příkazy pro filtrování dat.
K dispozici jsou následující volby:
Odstraní filtr z vybrané oblasti buněk.
Skryje tlačítka pro automatický filtr ve vybrané oblasti buněk.
Zobrazí další možnosti filtrování.
Při filtrování dat budou rozlišována velká a malá písmena.
Oblast obsahuje popisky sloupců
Kopírovat výsledky do
Také je možné ze seznamu vybrat pojmenovanou oblast.
Umožňuje v definici filtru použít regulární výrazy.
Vynechá z výsledku filtrování duplikované řádky.
Odstraní řádky s mezisoučty v označené oblasti.
Každá karta má stejné rozvržení.
Spočítat mezisoučty pro
Zalomení stránky mezi skupinami
Vloží zalomení stránky po každé skupině údajů.
Předřadit oblast podle skupin
Při řazení bere do úvahy atributy formátování.
Zobrazuje oblasti buněk, které chcete konsolidovat.
Bez nutnosti potvrzení odstraní vybraný prvek nebo prvky.
Použije k uspořádání konsolidovaných dat popisky řádků.
Použije k uspořádání konsolidovaných dat popisky sloupců.
Odkaz na zdrojová data
Seskupení a souhrn
Odstraní souhrn z vybrané oblasti buněk.
Příkaz Zobrazit podrobnosti v kontingenční tabulce
Zruší seskupení výběru.
Odstraní označené řádky ze seskupení.
Odstraní označené sloupce ze seskupení.
Zobrazit podrobnosti (kontingenční tabulka)
Aktualizuje kontingenční tabulku.
Vyberte zdroj dat pro kontingenční tabulku.
Zobrazí či skryje další volby definice kontingenční tabulky.
Ignoruje prázdné položky zdroje dat.
Spočítá a zobrazí celkový úhrn pro sloupce.
Spočítá a zobrazí celkový úhrn pro řádky.
Otevře dialogové okno Filtr.
Chcete-li prozkoumat podrobnosti v kontingenční tabulce
Udělejte jedno z následujícího:
Poklepejte na položku v tabulce.
Klávesové zkratky kontingenční tabulky
Nastavte volby pro filtrování dat.
Následující operátory jsou k dispozici:
Zobrazí či skryje další možnosti filtrování.
Seznam regulárních výrazů
Určete mezisoučty, které si přejete vypočítat.
Automaticky vypočítá mezisoučty.
Zobrazí název vybraného datového pole.
Výsledky jsou zobrazeny beze změn
Předchozí nebo Další položka
Každý výsledek se vydělí referenční hodnotou.
Označuje začátek seskupení.
Určí, zda seskupování začne nejmenšími hodnotami.
Označuje konec seskupování.
Určuje, že se má seskupování ukončit na nejvyšší hodnotě.
Seskupování v kontingenčních tabulkách
Poklepejte na ověřovací podmínku vybrané buňky (buněk).
Dostupné jsou následující podmínky:
Pouze celá čísla odpovídající podmínce.
Všechna čísla odpovídající podmínce.
Povolí pouze hodnoty ze zadané oblasti buněk.
Položky, jejichž délka odpovídá podmínce.
Povolit prázdné buňky
Seřadit záznamy vzestupně
Zobrazit nápovědu k zadávání údajů, je-li buňka vybrána
Na začátek makra je také možné umístit chybové hlášení.
Zobrazit chybové hlášení, pokud jsou zadány neplatné hodnoty
Umístění a velikost
Provede změnu velikosti, přesun, otočení nebo zkosení vybraného objektu.
Nastavení možností formátování vybrané čáry.
Nastaví vlastnosti výplně vybraného objektu kresby.
Vrací vnitřní číselnou reprezentaci data pro text v uvozovkách.
Nepovinný argument Typ určuje typ výpočtu rozdílu.
Počáteční datum je datum.
Počáteční datum je datum, od kterého se odvíjí výpočet.
Číslo je vnitřní číselná reprezentace data.
Vypočte minutu z interní hodnoty času.
Vrátí měsíc pro zadané datum.
Vrátí systémové datum a čas.
Formátujte výsledek jako číslo.
Toto jsou nepracovní dny.
Řešit rovnice pomocí Řešitele
Text do sloupců
Zvolte Data - Text do sloupců.
Zobrazí se dialog Text do sloupců.
Nastavte volby oddělovačů.
Znaky oddělovače se z výsledných buněk odstraní.
Aplikuje na vybrané buňky výchozí formát měny.
Použije formát procent na označené buňky.
Použije výchozí formát čísla na označené buňky
Formát čísla: přidat desetinné místo
Použije na označené buňky styl formátování.
Styl obsahuje informace o písmu, ohraničení a barvě pozadí.
Zvětší zobrazení aktuálního dokumentu.
Aktuální míra přiblížení se zobrazuje ve stavovém řádku.
Zmenší zobrazení aktuálního dokumentu.
Buňka není dostatečně široká pro zobrazení celého obsahu.
Znak ve vzorci není platný.
Chyba v seznamu parametrů
Chyba: Chybějící část dvojice
Chybějící závorka, např. uzavírající závorka bez odpovídající otevírací závorky
Kompilátor vrátil neznámý kód kompilátoru.
Interpret: Doplněk nenalezen.
Interpret: Makro nenalezeno.
Vnořené matice nejsou podporovány.
Chyba: Velikost pole nebo matice
Nepodporovaný obsah vloženého pole
Práce s prázdnými buňkami
Výsledky a komentáře
Rozpoznání názvů jako adres
Tato funkce je ve výchozím nastavení zapnutá.
Automatické dokončování textu nebo čísel
Tato funkce se jmenuje Automatické dokončování.
Ten nebude v buňce zobrazen.
Zvolte Nástroje - Automatické opravy - Nastavení automatických oprav.
Přejděte na kartu Místní možnosti a zrušte zaškrtnutí pole Nahradit.
Obsah buňky vždy začíná velkým písmenem
Nahrazení slova jiným slovem
Nástroje - Automatické opravy - Nastavení automatických oprav
Vyberte sloupce, na které chcete použít Automatický filtr.
Klepněte na Data - Filtr - Automatický filtr.
Data - Filtr - Automatický filtr
Použití automatického formátu na vybranou oblast buněk
Na kartě Pozadí vyberte barvu pozadí.
Obrázek na Pozadí buněk
Zvolte Vložit - Obrázek - Ze souboru.
Vyberte obrázek a klepněte na Otevřít.
Uživatelské ohraničení buněk
Označte buňku nebo blok buněk.
Zvolte Formát - Buňky.
V dialogovém okně klepněte na kartu Ohraničení.
V závislosti na označených buňkách vypadá tato oblast různě.
Buňky ve sloupci
Buňky v řádku
Kliknutím na ikonu vlevo odstraníte všechny čáry.
Kliknutím na ikonu vpravo nastavíte vnější okraje.
Náhled zobrazuje čáry ve třech různých stavech.
Na dané pozici nebude odstraněna ani nastavena žádná čára.
Ostatní čáry budou z buňky odstraněny.
Zvolte silnější styl čáry a klikněte na dolní okraj.
Tím nastavíte pro dolní okraj silnější čáru.
Tím odstraníte spodní okraj.
Můžete zkombinovat několik druhů a stylů čar.
Výpočet časového rozdílu
Výpočty v sešitech
Kurzor se přesune dolů na další buňku.
Kurzor se přesune doprava na další buňku.
Můžete si upravit nastavení podle svých představ.
Ruční zadávání hodnot do oblasti buněk
Detekce oblasti u nových řádků
Automatické zadávání hodnot do oblasti buněk
Viz Automatické vložení hodnot do oblasti buněk.
Tato ochrana zabrání pouze náhodným změnám.
Není zamýšlena pro to, aby poskytovala zabezpečení.
Klepněte na Formát - Buňky a vyberte kartu Ochrana buňky.
Na obrazovce budou stále viditelné.
Použijte nastavené možnosti ochrany.
(Volitelné) Zadejte heslo.
Zapomenete-li heslo, nebude možné ochranu zrušit.
Kopírování pouze viditelných buněk
Na buňky je aplikován automatický, standardní nebo rozšířený filtr.
Odkazování na buňky metodou táhni a pusť
Otevřete dokument obsahující zdrojové buňky.
Otevřete sešit, kam chcete buňky vložit.
Odkazy na jiné listy
Vytvoření odkazu na buňku stejného dokumentu
Vytvoření odkazu na buňku jiného dokumentu
Zvolte Soubor - Otevřít pro otevření už existujícího sešitu.
Nyní se přepněte do dokumentu, který byl před chvílí otevřen.
Přepněte se zpět do nového sešitu.
Klepnutím na ikonu se zelenou zaškrtávací značkou vzorec potvrdíte.
Zvýraznění záporných čísel
Označte buňky a vyberte Formát - Buňky.
Pokročilý filtr používá kritéria pro filtrování z udaných buněk.
Použití standardního filtru na oblast buněk
Klepněte myší do oblasti buněk.
Použití Automatického filtru na oblast buněk
Klepněte myší v oblasti buněk nebo v databázové oblasti.
Odstranění filtru z oblasti buněk
Zvolte Data - Filtr - Odstranit filtr.
Klepněte myší do databázové oblasti.
Zvolte Data - Řadit.
Vyberte požadované možnosti řazení.
Šipka pro otevření vyskakovacího seznamu je za běžných okolností černá.
Výsledná kontingenční tabulka může obsahovat mnoho různých položek.
Jejich seskupením jí lze značně zpřehlednit.
Vyberte Data - Skupina a souhrn - Skupina.
Výběr výstupní oblasti kontingenční tabulky
Každý soubor odpovídá jedné tabulce v databázi.
Zvolte Soubor - Nový - Databáze.
Výběr motivů vzhledu pro sešity
Jak použít motiv vzhledu na sešit:
Klepněte na ikonu Zvolit motiv vzhledu na liště Nástroje.
Dialog Najít a nahradit
Hledání vzorců či hodnot
Dialog rozšíříte klepnutím na tlačítko Ostatní možnosti.
V seznamu Hledat v vyberte "Vzorce" nebo "Hodnoty".
Pokud zvolíte možnost "Vzorce", budete prohledávat všechny části vzorců.
Při volbě "Hodnoty" budete prohledávat výsledky výpočtů.
Klepněte myší na Najít další nebo na Najít vše.
Pro otevření okna Navigátoru zvolte Zobrazit - Navigátor.
Formátování textu v sešitu
Text, který chcete formátovat, označte jako blok.
Formátování čísel v sešitu
Pro další formáty vyberte položku menu Formát - Buňky.
Formátování ohraničení a pozadí buněk a stránek
Možnosti formátování čísel
Formátování čísel s desetinnými místy
Formátování čísel s desetinnými místy:
Zvolte Formát - Buňky - Čísla.
V seznamu Kategorie vyberte "Definované uživatelem".
Do pole Formátovací kód zadejte:
Vzorce budou ovšem vždy automaticky upraveny.
Klepněte na ikonu Funkce na liště vzorců.
Vzorce musí začínat rovnítkem.
Zobrazení vzorců a hodnot
Počítání se vzorci
Také lze do funkcí vnořovat další funkce.
Průvodce funkcí vám s vnořováním pomůže.
Příklad použití funkce Hledat řešení
Čísla jsou zobrazena tak, jak byla napsána.
Zadejte název souboru a klepněte na Uložit.
Soubor - Otevřít
Zadání čísla začínajícího nulou
Vložte čísla jako text.
Zvolte Úpravy - Najít a nahradit
Zaškrtněte Regulární výrazy
Zaškrtněte Pouze v současném výběru
V Souhrnu lze používat klávesnici:
Označení kresby či obrázku
Úprava formátu tabulky nebo buňky
Zadání hodnoty nebo vzorce
Databázová oblast v tabulce
Tisk a náhled tisku
Import a export dokumentů
Výběr několika buněk
Výběr jedné buňky
Výběr několika nesousedících buněk
Klepněte na všechny buňky, které chcete vybrat.
Akce provedená klepnutím
Klepnutí na vybranou buňku její výběr zruší.
Na numerické klávesnici stiskněte klávesu plus (+).
Přesun buněk přetažením
Klávesy podržené během uvolnění tlačítka myši
Zdrojové buňky se vyprázdní.
Zdrojové buňky se nemění.
Navigace pomocí karet listů
Zadání vícenásobné operace ve sloupcích nebo řádcích
Výpočet pomocí jednoho vzorce a jedné proměnné
Zvolte Data - Vícenásobné operace.
Výpočet pomocí několika vzorců
Zadejte odkaz na vzorec v poli Vzorce.
Výpočet pomocí dvou proměnných
Práce s více listy
Výběr několika listů
Výpočty na více listech
Vkládání a úprava komentářů
Trvale zobrazený komentář upravíte tím, že do něj klepnete.
Komentář můžete přesouvat a měnit jeho velikost podle libosti.
Tyto příkazy zvolte z místní nabídky komentáře.
Vložit - Komentář
Převod textu na čísla
Klepnutím na graf můžete měnit vlastnosti objektu:
Velikost a umístění na aktuální stránce.
Zarovnání, zalomení textu, okraje a další.
Poklepáním na graf se přepnete do režimu úprav grafu, kde můžete měnit:
Hodnoty dat grafu (u grafů s vlastními daty).
Typ grafu, osy, popisy, stěny, mřížky a další.
Poklepáním na prvek grafu v režimu úprav grafu můžete:
Poklepáním na legendu: vybrat a měnit tuto legendu.
Klepnutím mimo graf ukončíte režim úprav.
Záhlaví řádků a sloupců
Vyberte list, který chcete tisknout.
Zvolte Formát - Stránka.
Zobrazit - Zalomení stránky
Tisk listu na šířku
Pro tisk na šířku postupujte následovně:
Zvolte Soubor - Tisk.
Zobrazí se dialog Tisk.
Všechny listy - Vytisknou se všechny listy.
Vybrané listy - Vytisknou se pouze vybrané listy.
Vybrané buňky - Vytisknuty budou všechny vybrané buňky.
Všechny stránky - Vytisknou se všechny výsledné stránky.
Stránky - Zadejte stránky, které se mají vytisknout.
Tisk vybraných řádků nebo sloupců na každé stránce
Zvolte Formát - Oblasti tisku - Upravit.
Zobrazí se dialog Upravit oblasti tisku.
Zobrazit - Náhled zalomení stránky
Definování oblasti tisku
Označte buňky, které chcete tisknout.
Zvolte Formát - Oblasti tisku - Definovat.
Přidání buněk do oblasti tisku
Zvolte Formát - Oblasti tisku - Přidat.
Zrušení oblasti tisku
Zvolte Formát - Oblasti tisku - Vymazat.
Použití náhledu zalomení stránky k úpravě oblastí tisku
Oblasti, které se netisknou, mají šedivé pozadí.
Zobrazení a úprava oblastí tisku
Zvolte Zobrazit - Náhled zalomení stránky.
Upravte oblasti tisku.
Režim Náhled zalomení stránky ukončíte volbou Zobrazit - Normální.
Použití relativních a absolutních odkazů
Změna počtu desetinných míst ve vybraných buňkách
Označte všechny buňky, které chcete upravit.
V poli Kategorie vyberte Číslo.
Změna výšky řádku a šířky sloupce
Klepněte na řádek, abyste mu nastavili zaměření.
Zvolením jednoho z nich otevřete dialogové okno.
Tvorba vlastních scénářů
Zvolte Nástroje - Scénáře.
Zobrazí se dialog Vytvořit scénář.
Scénáře lze vybírat též v Navigátoru:
Klepněte na kartu Umístění písma.
Místní nabídka - Znak - Umístění písma
Otáčení tabulek (transponování)
Vyberte oblast buněk, kterou chcete otočit.
Zvolte Úpravy - Vyjmout.
Zvolte Úpravy - Vložit jinak.
Změna tabulkového pohledu
Skrytí záhlaví sloupců a řádků v tabulce:
Mřížku skryjete takto:
Formátování čísel jako textu
Vyberte buňky, jejichž text chcete otočit.
Zobrazí se dialog Formát buněk.
Klepněte na kartu Zarovnání.
Formát - Buňky
Formát - Buňky - Zarovnání
Zápis víceřádkového textu
To však vyžaduje pokročilejší znalost programování.
Zkopírování funkce do dokumentu
Nastavte kurzor do jiné buňky a zadejte:
Platnost obsahu buněk
Pro každou buňku je možné předem stanovit, jaká data do ní lze zadat.
Neplatné údaje budou odmítnuty.
Použití platnosti obsahu buněk
Zvolte Data - Platnost.
Zvolte možnost v poli Povolit.
Pro zadání seznamu platných hodnot zvolte "Seznam".
Zadejte další podmínku do pole Data.
Podle vybrané možnosti se mohou objevit další nastavení.
Data - Platnost
Názvy musí začínat písmenem nebo podtržítkem.
Názvy nesmí být stejné jako odkazy na buňky.
Názvy oblastí buněk nesmí obsahovat mezery.
Pojmenování buněk a vzorců
Názvy nesmí obsahovat mezeru.
Zadání názvů oblastí:
Dostupné jsou tyto metody vkládání:
Vložení pomocí dialogu
Klepnutím na tlačítko Procházet otevřete dialogové okno pro výběr souboru.
Vložení z Navigátoru
V cílovém dokumentu otevřete okno Navigátor.
Úprava externích dat
Dialog externí data
Seznam funkcí podle kategorií
Pro práci se sešitem je možné použít následující příkazy z hlavní nabídky.
Obsahuje příkazy pro manipulaci a zobrazení oken dokumentů.
Seznam naposledy otevřených souborů.
Soubor je možné otevřít klepnutím na jeho název.
Zavře aktuální dokument bez ukončení programu.
Načte naposledy uloženou verzi aktuálního dokumentu.
Odešle kopii aktuálního dokumentu jiné aplikaci.
Zopakuje poslední příkaz.
Odstraní výběr a zkopíruje jej do schránky.
Zkopíruje výběr do schránky.
Porovná aktuální dokument s vybraným dokumentem.
Ignorují se změny poznámek pod čarou, záhlaví, rámců a polí.
Zobrazí běžný pohled na list.
Otevře podnabídku k zobrazení a skrytí nástrojových lišt.
Zobrazí nebo skryje v aktuálním listu mřížku.
Zobrazí místo vypočteného výsledku pro buňku výraz se vzorcem.
Vymazat přímé formátování
Zarovná vybrané objekty vzhledem k ostatním.
Nastaví zarovnání pro aktuální výběr.
Vodorovně nebo svisle překlopí vybraný objekt.
Otevře podnabídku, kde je možné si vybrat příkazy spojené s jazykem.
Umožňuje zaznamenávat, spravovat a upravovat makra.
Tento příkaz otevře dialogové okno pro přizpůsobení nastavení programu.
Barva karty listu
Lišta Formátování obsahuje základní příkazy pro ruční formátování.
Pomocí této lišty je možné zadávat vzorce.
Stavový řádek zobrazuje informace o aktuálním listu.
Změní vybraný text na tučný.
Změní vybraný text na kurzívu.
Použije na označené buňky formát data.
Použije na označené buňky exponenciální formát.
Text se zadává zleva doprava.
Otočí vybraný objekt.
Přesune vybraný objekt před text.
Přesune vybraný objekt za text.
Upraví zarovnání vybraných objektů.
Podpora asijských jazyků
Směr textu zleva doprava
Směr textu zleva doprava
Směr textu shora dolů
Směr textu shora dolů
Viz také elektronické podpisy.
Na začátek dokumentu První stránka
Skryje nabídky a nástrojové lišty.
Zobrazí nebo skryje okraje stránky.
Posuvník slouží k nastavení měřítka tisknuté tabulky.
Tlačítko Zavřít náhled slouží k ukončení náhledu tisku.
Zobrazí seznam atributů vybraného grafického objektu.
Otevře dialog pro oříznutí vloženého obrázku.
Tato funkce je dostupná jen je-li označen grafický bitový objekt.
Lištu Nástroje použijte pro přístup k nejčastěji používaným příkazům.
Umožňuje nastavit možnosti filtrování.
Použijte sešity k uspořádání, ukládání a filtrování svých dat.
Zvolte Zobrazit - Tabulka dat grafu (grafy)
Na liště Formátování klepněte na
Zvolte Vložit - Popisy (grafy)
Zvolte kartu Formát - Legenda - Umístění (grafy)
Zvolte dialog Formát - Formát výběru - Datový bod
Zvolte dialog Formát - Formát výběru - Datové řady (grafy)
Zvolte dialog Formát - Formát výběru - Popis (grafy)
Zvolte Formát - Stěna grafu(grafy)
Pro změnu dat grafu
Náhled grafu se mění podle zadávaných dat.
Pro odstranění změn zvolte Úpravy - Zpět.
Datové řady jsou organizovány ve sloupcích.
Klepněte na buňku v dialogu a upravte její obsah.
Určuje, zda se má zobrazovat legenda grafu.
Vyberte umístění legendy:
Umístí legendu nalevo od grafu.
Umístí legendu nad graf.
Umístí legendu napravo od grafu.
Umístí legendu pod graf.
Zobrazí absolutní hodnoty datových bodů.
Otevře dialogové okno pro výběr formátu čísla.
Zobrazí procentuální hodnoty datových bodů v každém sloupci.
Otevře dialogové okno pro výběr formátu procent.
Zobrazí popisky datových bodů.
Zobrazí vedle každého popisku datového bodu ikonu z legendy.
Vybere relativní umístění popisků dat v objektu.
Zadejte pro popisky dat úhel otočení orientovaný proti směru hodinových ručiček.
Určuje, které osy mají být v grafu zobrazeny.
Později můžete toto nastavení změnit.
Proměnné druhé varianty se vypočtou takto:
Zarovnat datové řady na
Tato možnost je implicitně zapnuta.
Určuje rozestup mezi sloupci v procentech.
Určuje nastavení pro přesahující datové řady.
Zobrazit sloupce vedle sebe
Dostupné pro výsečové a prstencové grafy.
Vykreslení chybějících hodnot
Tyto možnosti jsou dostupné pouze pro některé typy grafů.
Chybějící hodnoty nebudou vykresleny.
Toto je výchozí volba pro plošný graf.
Zahrnout hodnoty ze skrytých buněk
Určuje, která osa bude zobrazena jako hlavní mřížka.
Všechny změny, které v tomto dialogovém okně provedete, ovlivní celou datovou řadu.
Upraví vlastnosti vybraného popisu.
Upraví zarovnání popisu grafu.
Určuje směr textu v buňkách.
Klepnutím kamkoliv na kolo určíte orientaci textu.
Umožňuje ručně zadat úhel orientace textu.
Upraví zarovnání popisků os nebo popisů grafu.
Určuje tok textu v popisu dat.
Určuje, že text v buňkách může přetéct do dalších buněk.
Tato možnost není dostupná při jiném otočení popisu.
Povolí zalomení textu.
Následující volby nejsou u některých typů grafů dostupné:
Umístí čísla na ose vedle sebe.
Automaticky rozmístí čísla na ose.
Otevře podnabídku pro úpravu vlastností osy.
Zde můžete zadat hodnoty pro zobrazení os.
Určuje minimální hodnotu zobrazenou na počátku osy.
Určuje maximální hodnotu zobrazenou na konci osy.
Hlavní interval nemůže být větší než rozsah hodnot.
Určuje vedlejší interval pro dělení osy.
Pokud není pole zaškrtnuto, používá se matematický směr.
Otevře dialog Mřížka, kde můžete určit vlastnosti mřížky.
Přenese vybranou datovou řadu dopředu (doprava).
Přenese vybranou datovou řadu dozadu (doleva).
Volba typu grafu
Dostupné typy grafů
Sloupcový nebo řádkový
Vlastnosti vyhlazené čáry
Vlastnosti těchto křivek je možno upravit.
Pro změnu vlastností čáry
Můžete nastavit rozlišení.
Čím vyšší hodnota, tím vyhlazenější křivka.
Vlastnosti těchto křivek je možno upravit.
Pomocí rolovacího tlačítka nastavte ohnisko.
Vyberte ze seznamu schéma.
Zaškrtněte Zaoblené hrany pro zjemnění okrajů hranolových objektů.
Implicitně je zapnut druhý zdroj světla.
Bublinový graf znázorňuje vztahy tří proměnných.
Sloupcový a řádkový graf
Výška každého sloupce závisí na jeho hodnotě.
Podtypy jsou stejné jako pro sloupcový graf.
Sloupcový s čarami
Vyberte jednu z variant
Pro určení oblasti dat
Vyberte oblast dat.
Organizace datových řad
Úprava datových řad
Úprava kategorií nebo popisků
Vložení prvků grafu
Tam můžete nastavit následující prvky:
Pouze body - tento podtyp vykresluje pouze body.
Pouze čáry - tento podtyp vykresluje pouze čáry.
Prstencový - tento podtyp může zobrazit více datových sloupců.
Nastavení zdroje dat
Graf založený na vlastních datech
Název zadejte do pole nad názvem role.
Pomocí příkazu Prohodit řádky můžete změnit pořadí.
Pro určení oblasti dat proveďte jedno z následujícího:
Zadejte oblast dat do textového pole.
Doladění oblastí dat pro burzovní grafy založené na tabulce
Organizace datových řad
Může mít druhou datovou řadu popisující objem transakcí.
Pořadí určuje uspořádání grafu.
Totéž proveďte pro datové řady objemu.
Nemůžete prohodit datové řady ceny a objemu.
Nastavení oblastí dat
Popisek zobrazuje vybranou roli.
Zvolte jednu z možností umístění.
vytvoření parametrické křivky, např. spirály
zakreslení grafu funkce
Poklepejte na datový bod pro otevření dialogu Datové řady.
Datové body nejsou zobrazeny jako ikony.
Tato varianta zobrazuje zároveň čáry a body.
Čáry jsou zobrazeny jako pásky.
Klepněte na Vlastnosti, chcete-li nastavit podrobnosti křivek.
Průvodce grafem - Prvky grafu
Zadání prvků grafu
Musíte text zadat přímo.
Pro výsečové grafy nejsou mřížky dostupné.
Průvodce grafem - Typ grafu
Pro výběr typu grafu
Můžete upravit další nastavení.
Po klepnutí na Zpět se zobrazí předchozí stránka průvodce.
Klepnutím na Zrušit ukončíte průvodce bez vytvoření grafu.
Průvodce grafem - Datové řady
Také můžete změnit oblast dat pro kategorie.
Změní uspořádání dat grafu.
Zobrazuje název typu aktuálního grafu.
Grafy mohou být založeny na následujících datech:
Vybrat prvek grafu
Vybraný prvek se zvýrazní v náhledu grafu.
Tato část obsahuje informace o procházení a úpravě databázových tabulek.
Tento příkaz lze aktivovat, je-li vybrán objekt.
Takovým zdrojem dat je třeba adresář ze systému.
Zavře dialogové okno.
Registrace a odstranění databáze
Vytvoření nové databáze
Práce s tabulkami
Práce s dotazy
Práce s formuláři
Provede všechny změny a zavře průvodce.
Pro přístup k tomuto příkazu...
Smazat aktuální stránku
Uspořádání a zarovnání objektů
Klepněte na objekt, jehož umístění chcete změnit.
Odsunout do pozadí umístí objekt za všechny ostatní objekty
Zařazení objektu za jiný objekt
Záměna pořadí dvou objektů
Vyberte tři nebo více objektů, které chcete rozmístit.
Definice vlastních barev
K určení vlastní barvy
Skládání objektů a konstrukce tvarů
Chcete-li vytvořit tvar:
Tvary - Sloučit
Tvary - Odečíst
Tvary - Průnik
Oblast mimo překryvy se odstraní.
Kreslení výsečí a úsečí
Chcete-li nakreslit výseč kruhu nebo elipsy:
Zobrazí se kompletní výseč.
Vyberte elipsu a zvolte příkaz Úpravy - Duplikovat.
Nahrazení barvy pomocí nástroje Náhrada barev
Zvolte Nástroje - Náhrada barev
Vytvoření barevného přechodu
Vyberte ze seznamu styl přechodu a klepněte na OK.
Vytvoření vlastních přechodů
Pro vytvoření vlastního přechodu:
Vyberte Formát - Oblast a klepněte na kartu Přechody.
Použití přechodů a průhlednosti
Chcete-li upravit přechod objektu kresby:
Vyberte dvě nebo více čar.
Poklepáním na první objekt (krychli) vstoupíte do jeho skupiny.
Vyberte Úpravy - Vložit.
Oba objekty jsou nyní součástí stejné skupiny.
Poklepáním mimo skupinu ji opustíte.
Klávesové zkratky pro objekty kresby
Vytvářet a upravovat objekty kresby je možné i s pomocí klávesnice.
Pro vytvoření nebo úpravu objektu kresby
Úprava a seskupování objektů
Úprava barev a textur
Práce s vrstvami
Provede export prezentace s příslušnými volbami.
Přepne na normální zobrazení stránky.
Přepne do zobrazení Strana Snímek .
Zobrazí snímky barevně, v odstínech šedi nebo černobíle.
Umožní výběr objektů v aktuálním dokumentu.
Otevře nástrojovou lištu Šipky pro vkládání čar a šipek.
Objekty jsou trojrozměrné, s hloubkou, osvětlením a odrazy.
Umožňuje vám upravit body v kresbě.
Převede vybraný objekt na Beziérovu křivku.
Vzhled objektu se nezmění.
Upraví tvar, orientaci a výplň vybraných objektů.
Klepnutím vstoupíte do režimu otočení
Opustit všechny skupiny
Upravit objekt s atributy
Chcete-li vodící čáru odstranit, přetáhněte ji myší pryč.
Přichytávat do mřížky
Zachytit na okraje stránky
Přichytit k ohraničení objektu
Přichytit k bodům objektu
Vybrat pouze textovou oblast
Poklepáním přidáte text
Opustí všechny skupiny a vrátí se do normálního zobrazení.
Mřížky a vodítka
Spojování objektů k naznačení vztahu
Odstraní aktuální snímek nebo stránku.
Seznam nejpoužívanějších polí, které můžete vkládat do snímku.
Na poslední stránce se nazývá Konvertovat.
Po klepnutí na toto tlačítko se provede převod.
Zavře dialogové okno a uloží všechny změny.
Použije změněné nebo vybrané hodnoty bez zavření dialogu.
Před znovunačtením výchozího nastavení se nezobrazí potvrzující dotaz.
Platí následující převody mezi jednotkami:
Přejít na předchozí komentář
Přejít na následující komentář
Směr textu je zprava doleva.
Tyto tabulky jsou obecně součástí písma.
Objekt je prvek obrazovky, který obsahuje data.
Objekty jsou nezávislé a vzájemně se neovlivňují.
Libovolnému objektu obsahujícímu data lze přiřadit určité příkazy.
Ikony na liště Nástroje:
Ikony na liště Formátování:
Ikony na liště Pohled na snímky:
Vloží vybraný obrázek jako obrázek na pozadí.
Zkopíruje vybraný prvek do schránky.
Importní a exportní filtry
Poznámky k externím formátům a typům souborů
Grafické filtry naleznete ve "Volitelné součásti".
Import a export textových dokumentů
Budou exportovány jako meta značky.
Znaky pro odkaz na poznámky pod čarou a vysvětlivky bude exportovány jako hypertextové odkazy.
Import a export číslování
Odsazení prvního řádku odstavce se v číslování ignoruje a neexportuje.
Import a export souborů tabulek
Import a export souborů obrázků
Soubor vytiskněte pomocí příkazu Soubor - Tisk z nabídky.
První verze softwaru, která formát podporovala
Nástroje - Scénáře
Určuje volby exportu obrázků.
Ze seznamu vyberte měrné jednotky.
Jiné tiskárny vytisknou pouze vložený náhled.
Výběr znakové sady pro export textu.
Zvolte nebo zadejte oddělovač polí, který rozděluje datová pole.
Exportuje všechna datová pole s pevnou šířkou.
Nastavení pro import dat oddělených oddělovači.
Určuje jak budou importovány řetězce s čísly.
Určuje, od kterého řádku chcete začít importovat.
Rozdělí do sloupců data pevné šířky (stejný počet znaků).
Vyberte oddělovač použitý v souboru.
Rozdělí do sloupců data oddělená tabulátory.
Rozdělí do sloupců data oddělená středníky.
Rozdělí do sloupců data oddělená čárkami.
Rozdělí do sloupců data oddělená mezerami.
Sloučí po sobě jdoucí oddělovače a odstraní prázdná datová pole.
Můžete si vybrat z následujících možností:
Formát čísla není podporován.
Data v tomto sloupci se neimportují.
Tím se odstraní úvodní nula z měsíce nebo dne.
Pohyb dokumentem bez myši
Více informací o filtrech získáte v části Informace o filtrech pro import/export.
Nastavení pro import nebo export souboru.
Výchozí písma lze nastavit jen při importu.
Toto nastavení lze změnit je k dispozici jen při importu.
Určuje typ zalomení odstavce řádků textu.
Vytvoří jako zalomení odstavce "Carriage Return" a "Linefeed".
Toto je výchozí nastavení.
Zvolte Soubor - Průvodce - Porada.
Zvolte Soubor - Průvodci - Porada - Vzhled stránky.
Zvolte Soubor - Průvodci - Porada - Všeobecné informace.
Zvolte Soubor - Průvodci - Porada - Další položky.
Zvolte Soubor - Průvodci - Porada - Jména.
Zvolte Soubor - Průvodci - Porada - Body programu.
Zvolte Soubor - Průvodci - Porada - Název a umístění.
Celá obrazovka (v náhledu tisku)
Je-li otevřen sešit nebo textový dokument:
Zvolte Vložit - Komentář.
Zvolte Vložit - Multimédia - Skenovat.
Zvolte Vložit - Multimédia - Skenovat - Vybrat zdroj.
Zvolte Vložit - Multimédia - Skenovat - Dotaz.
Na liště Standardní nebo Vložit, klepněte na
Zvolte Vložit - Multimédia - Zvuk nebo video.
Zvolte Vložit - Zvuk nebo video.
Na liště Vložit klepněte na
Zobrazit - Databázové objekty - Dotazy
Zvolte kartu Formát - Znak - Písmo.
Zvolte kartu Formát - Znak - Asijské rozvržení
Na liště Formátování textu (kurzor v objektu) klepněte na
Poklepejte na pravítko.
V aktuálním formuláři není povoleno databázové spojení.
Musí existovat databázové spojení.
Otevřít v režimu návrhu
Zobrazení a skrytí ukotvených oken
Pro zobrazení nebo skrytí ukotveného okna klepněte na ikonu.
Místní nabídka funkce Galerie
Vloží vybraný obrázek jako odkaz.
Příkaz Náhled zobrazí vybraný obrázek.
Přiřadí vybranému objektu Galerie titulek.
Po potvrzení odstraní vybraný obrázek.
Otevře dialogové okno, ve kterém je možné uložit vybraný obrázek.
Zkopíruje odkaz na místě ukazatele myši do schránky.
Zkopíruje vybraný obrázek do schránky.
Vypne zobrazení všech obrázků v dokumentu.
Zobrazuje název motivu vzhledu.
Určuje kompletní cestu k objektu.
Vytvoří nový hlavní dokument.
Vytvoří nový dokument z existující šablony.
Nastaví formát papíru.
Vytvoří nový dokument, který lze upravovat.
Také je možné vložit databázové pole.
Vytvoří štítek s vaší zpáteční adresou.
Tiskne štítky na spojitý papír.
Tiskne štítky na jednotlivé listy.
Vyberte značku papíru, kterou chcete použít.
Každá značka má jiné rozměry.
Vyberte formát rozměrů, který chcete použít.
Zobrazuje šířku štítku nebo vizitky.
Zobrazuje výšku štítku nebo vizitky.
Uloží aktuální formát štítků nebo vizitek.
Zadejte nebo vyberte požadovanou značku.
Zadejte nebo vyberte druh štítků.
Zobrazí název aktuálně vybrané tiskárny.
Umožní vám navrhnout a vytvořit vizitky.
Určete vzhled svých vizitek.
Obsahuje osobní kontaktní údaje pro vizitky.
Vzhled vizitky můžete zvolit na kartě Vizitky.
Zadejte název země.
Zadejte svou profesi.
Zadejte své mobilní telefonní číslo.
Vložte další informace o vaší společnosti.
Vložte slogan vaší společnosti.
Vložte číslo vašeho služebního telefonu.
Importní a exportní filtry
Zvolí označenou cestu.
Zadejte cestu nebo vyberte ze seznamu.
Umožňuje vybrat importní filtr.
Vyberte importní filtr ze seznamu.
Zavřít aktuální okno
Uloží aktuální dokument.
Uložit s heslem
Export textových souborů
Zadejte předmět dokumentu.
Klíčová slova musí být oddělena čárkou.
Klíčové slovo může obsahovat prázdné znaky nebo středníky.
Zadejte komentáře, které pomohou dokument rozpoznat.
Obsahuje základní informace o souboru.
Zobrazuje název souboru.
Zobrazuje typ souboru aktuálního dokumentu.
V poli je zobrazena velikost aktuálního dokumentu v bytech.
Uloží do souboru celé jméno uživatele.
Klepnutím přidáte do seznamu Vlastnosti nový řádek.
Počet stránek v souboru.
Otevřít jen pro čtení
Určuje přiřazení polí pro adresář.
Osnova do prezentace
Osnova do schránky
Abstrakt do prezentace
Zavřít aktuální dokument
Uložit novou verzi
Při zavírání automaticky uložit verzi
Zobrazí celý komentář vybrané verze.
Smaže vybranou verzi.
Použití příkazu Zpět v databázových tabulkách
Použití příkazu Zpět v prezentacích
Porovnat šířku znaku (pouze jsou-li povoleny asijské jazyky)
Zní jako (japonština) (pouze jsou-li povoleny asijské jazyky)
Najde prázdný odstavec.
Najde první znak odstavce.
Představuje znak mezera (nikoli však další prázdné znaky).
Představuje tisknutelný znak.
Představuje netisknutelný znak.
Najde atribut Zarovnání (vlevo, vpravo, na střed, do bloku).
Najde znaky, které používají atribut Blikající.
Najde znaky, které používají atribut Pozadí.
Najde prvky, kde bylo změněno výchozí písmo.
Najde prvky, kde byla změněna výchozí barva písma.
Najde atribut Kurzíva nebo Tučná kurzíva.
Najde atribut Tučné nebo Tučná kurzíva.
Najde atribut Dělení slov.
Svázat s následujícím odstavcem
Najde atribut Svázat s následujícím odstavcem.
Najde atribut Jazyk (pro kontrolu pravopisu).
Najde atribut Zalomení se stylem stránky.
Najde atribut Otočení.
Najde odstavce, které používají doplňující tabulátory.
Najde atribut Kontrola vdov.
Tato okna obsahují následující karty:
Odsazení a vzdálenosti
Nastavuje odsazení a vzdálenosti odstavce.
Upřesněte možnosti dělení slov a tok textu.
Nastavení dvojitých řádků pro asijské jazyky.
Navigátor pro hlavní dokumenty
Hlavní pohled v Navigátoru obsahuje následující ikony:
Přepíná mezi hlavním a normálním pohledem.
Klepněte a vyberte obsah, který chcete aktualizovat.
Aktualizuje obsah výběru.
Aktualizuje všechny rejstříky.
Aktualizuje všechny odkazy.
Aktualizuje veškerý obsah.
Vloží do hlavního dokumentu jeden či více existujících souborů.
Vytvoří a vloží nový poddokument.
Vlastnosti plovoucího rámce
Přidá nebo odstraní posuvník z vybraného plovoucího rámce.
Zobrazí nebo skryje ohraničení plovoucího rámce.
Provede změny obrázkové mapy.
Vybere oblast v obrázkové mapě pro úpravy.
Smaže vybraný kotevní bod.
Povolí nebo zakáže hypertextový odkaz pro vybranou oblast.
Zakázaná oblast je průhledná.
Umožňuje určit vlastnosti vybrané oblasti.
Zobrazí vlastnosti vybrané oblasti.
Zadejte název obrázku.
Zadejte popis oblasti.
Přijme nebo odmítne jednotlivé změny.
Položka odpovídá kritériu filtru.
Jeden či více podzáznamů odpovídá kritériu filtru.
Podzáznam neodpovídá kritériu filtru.
Podzáznam odpovídá kritériu filtru.
Seřadí seznam podle záhlaví sloupce.
Ignoruje se obsah poznámek pod čarou, záhlaví, rámců a polí.
Seznam použité literatury na začátku obsahuje ukázkové záznamy knih.
Vložení nového záznamu
Hledání a filtrování záznamů
Je možné prohledávat jen jedno datové pole.
Změna zdroje dat
Vyberte zdroj dat pro seznam použité literatury.
Přiblížení a režim zobrazení
Podle šířky a výšky
Pro textové dokumenty můžete nastavit režim zobrazení.
Zadejte počet sloupců.
Komentáře v sešitech
Navigace mezi komentáři v textových dokumentech
Vloží do dokumentu skenovaný obrázek.
Vyberte skener, který chcete použít.
Vytvořit ze souboru
Odkaz na soubor
Odstranění přímého formátování z dokumentu
Vypnutí odrážek a číslování u některých odstavců
Písmo pro západní text - znakové sady založené na latince
Písmo pro asijský text - čínské, japonské nebo korejské znakové sady
Vyberte formátování, které chcete použít.
Podpora asijských jazyků
Pro navrácení poslední změny klepněte pravým tlačítkem.
Vyberte požadovaný styl nadtržení.
Vyberte barvu nadtržení.
Vyberte požadovaný styl podtržení.
Vyberte barvu pro podtržení.
Vyberte efekty písma, které chcete použít.
K dispozici jsou následující efekty pro změnu velikosti znaků:
Určete nastavení zvoleného formátu.
a všechna nevypsaná národní prostředí
Vytvoří nový hypertextový odkaz nebo upraví vybraný.
Určete vlastnosti hypertextového odkazu.
Soubor bude otevřen v aktuálním rámci.
Soubor bude otevřen na nové stránce.
Soubor bude otevřen v nadřazeném rámci aktuálního rámce.
Soubor bude otevřen v nejvyšším rámci v hierarchii.
Nastavení dvojitých řádků pro označený text.
Určete znaky, které uzavírají oblast dvojitých řádků.
Nastavte volby pro zalomení řádku v asijských dokumentech.
Povolit zavěšenou interpunkci
Zabrání, aby tečky a čárky způsobily zalomení řádku.
Povolení podpory asijských jazyků
Nastavte umístění tabulátorů v odstavci.
Zarovná střed textu k tabulátoru.
Nastaví možnosti zarovnání pro aktuální odstavec.
Zarovná odstavec k levému okraji stránky.
Zarovná obsah odstavce na střed stránky.
Určuje zarovnání posledního řádku v odstavci.
Zarovná odstavec k textové mřížce.
Zobrazuje kategorii aktuálního stylu.
U přednastavených stylů není možné kategorii změnit.
Popisuje formátování použité v aktuálním stylu.
Zobrazuje šířku zvoleného formátu papíru.
Chcete-li určit vlastní formát, zadejte zde šířku.
Zobrazuje výšku zvoleného formátu papíru.
Chcete-li určit vlastní formát, zadejte zde výšku.
Vyberte zdroj papíru pro tiskárnu.
Nastaví vlastnosti záhlaví.
Zadejte výšku záhlaví.
Nastaví vlastnosti záhlaví.
Přidat nebo upravit text zápatí.
Vyberte v dokumentu jedno nebo více slov.
Zvolte Formát - Asijský fonetický rádce.
Zvolte, kde se má umístit ruby text.
Znakový styl pro ruby text
Zvolte znakový styl pro ruby text.
Zarovná označené odstavce k levému okraji stránky.
Zarovná označené odstavce k pravému okraji stránky.
Zarovná označené odstavce na střed stránky.
Nastavte velikost písma označeného textu.
Rozdělí buňky na řádky stejné výšky.
Otevřete Optimalizovat velikost na liště Tabulka a klepněte na
Zadejte název nového stylu.
Upraví nebo vytvoří styl čárkované nebo tečkované čáry.
Upraví nebo vytvoří styly šipek.
Vyberte požadovanou kombinaci čárek a teček.
Zadejte délku čárky.
Přizpůsobit šířce čáry
Aktualizuje vybraný styl čáry podle současného nastavení.
Importuje seznam stylů čar.
Zobrazuje název vybraného stylu šipky.
Vyberte přednastavený symbol stylu šipky ze seznamu.
Změní název vybraného stylu šipek.
Importuje seznam stylů šipek.
Přidá do aktuálního seznamu vlastní přechod.
Použije současné nastavení přechodu na vybraný přechod.
Vyberte přechod, který chcete použít.
Zadejte úhel otočení vybraného přechodu.
Vyberte koncovou barvu přechodu.
Přidá do současného seznamu aktuální vzorek šrafování.
Použije aktuální nastavení šrafování na vybraný vzorek šrafování.
Nastavení nebo úprava vzorku šrafování.
Vyberte barvu šrafovacích čar.
Vyberte typ průhlednosti, který chcete použít.
Vypne průhlednost barev.
Použije přechod průhlednosti pro aktuální barvu výplně.
Zvolte tuto možnost a nastavte vlastnosti přechodu.
Zadejte vodorovnou odchylku přechodu.
Zadejte svislou odchylku přechodu.
Zadejte úhel otočení přechodu.
Šířka podle textu
Výška podle textu
Zalomit text podle tvaru
Vzdálenost k ohraničení
Změní velikost nebo přesune vybraný objekt.
Naklonění a poloměr rohu
Určete vlastnosti vybrané bubliny.
Určete umístění vybraného objektu na stránce.
Zadejte šířku vybraného objektu.
Zadejte výšku vybraného objektu.
Zabrání změnám velikosti objektu.
Zrcadlit na sudých stránkách
Klepněte tam, kam chcete umístit střed otočení.
Můžete zaoblit jen rohy pravoúhlého objektu.
Zkosí vybraný objekt podle určené osy.
Vrstvy pro text a obrázky
Umožňuje změnit tvar vybraného objektu kresby.
Rozdělí vybranou skupinu na jednotlivé objekty.
Tento příkaz nerozdělí skupiny trvale.
Efekty animace textu
Pro odstranění efektu animace zvolte Bez efektu.
Text se posunuje zprava doleva.
Text se posunuje zleva doprava.
Text se posunuje zdola nahoru.
Text se posunuje shora dolů.
Viditelný text při ukončení
Text zůstává viditelný i po použití efektu.
Nastavte možnosti opakování efektu animace.
Přehrává animaci neustále.
Určuje přírůstek v pixelech.
Určuje dobu před opakováním efektu.
Zadejte požadovanou výšku řádku.
Stávající obsah může být svisle oříznut.
Zadejte požadovanou výšku řádku.
Zarovná čísla vpravo a text vlevo.
Zarovná obsah buňky vlevo.
Zarovná obsah buňky vpravo.
Zarovná obsah buňky vodorovně na střed.
Nastaví orientaci textu pro obsah buňky.
Zarovná text svisle.
Režim asijského rozvržení
Určuje tok textu v buňce.
Zmenšit podle velikosti buňky
Naformátuje označené řádky.
Naformátuje vybrané sloupce.
Nastavení vlastnosti textur.
Nastavení barev textury.
Zobrazí nebo skryje stínování.
Textura a stínování
Nastavení vlastností pro zobrazení textury.
Nastavení vlastností odrazu světla vybraného objektu.
Zobrazí větu a zvýrazní slovo s překlepem.
Přeskočí neznámé slovo a pokračuje v kontrole pravopisu.
Přidá neznámé slovo do uživatelem definovaného slovníku.
Je-li soubor pouze pro čtení, není možné jej změnit.
V tom případě nejsou tlačítka Nový a Odstranit aktivní.
Lze odstranit pouze slova obsažená ve slovníku.
Kontrolovat slova napsaná velkými písmeny
Určuje, zda se mají při kontrole pravopisu kontrolovat také slova napsaná velkými písmeny.
Zkontrolovat slova s číslicemi
Během psaní automaticky kontroluje pravopis a podtrhává chyby.
Pokud zvolíte některý z návrhů, nahradí se jím dané slovo.
Zvolte si možnost z podnabídky.
Dělit slova bez dotazu
Zvolte jazyk pro označený text.
Zvolte Více, pokud chcete otevřít dialog s dalším nastavením.
Zvolte jazyk pro aktuální odstavec.
Pro celý text
Zvolte jazyk pro celý text.
Zvolte žádný, pokud u textu nechcete kontrolovat pravopis a dělení slov.
Otevře kartu Formát - Buňka - Zarovnání.
Zapne nebo vypne dělení slov.
Více Slovníky Online
Otevře výchozí prohlížeč na stránce s rozšířením slovníků.
Převede tradiční čínské znaky na zjednodušené čínské znaky.
Není-li vybrán žádný text, převede se celý dokument.
Převede zjednodušené čínské znaky na tradiční čínské znaky.
Upravit pojmy pro převod čínštiny.
Tradiční čínština na zjednodušenou čínštinu
Převede tradiční čínštinu na zjednodušenou čínštinu.
Zjednodušená čínština na tradiční čínštinu
Převede zjednodušenou čínštinu na tradiční čínštinu.
Určuje třídu vybrané položky.
Přidá pojem do slovníku pro převod.
Uloží upravený záznam do souboru.
Odstraní vybranou uživatelem definovanou položku ze slovníku.
Zaškrtávací pole Původní barva
Náhrady a výjimky pro jazyk:
Uloží položku z pole Za bez formátování.
Přidá nebo nahradí záznam v tabulce náhrad.
Zkratky (ne před velkým písmenem)
Seznam zkratek, které se neopravují automaticky.
Přidá aktuální položku do seznamu výjimek.
Pomocí podnabídky Automatické opravy nastavíte trvalé nahrazení.
Zobrazit jako tip
Zobrazí dokončené slovo jako tip nápovědy.
Přidává často používaná slova do seznamu.
Označit text inteligentními značkami
Zobrazí všechny nainstalované Inteligentní značky.
U některých Inteligentních značek nelze upravit konfiguraci.
Karta Umístění (dialogové okno Odrážky a číslování)
Karta Možnosti (dialog Odrážky a číslování)
Klikněte na obrázek, který chcete použít jako odrážky.
Pokud povoleno, jsou obrázky vloženy jako odkazy.
Pokud není povoleno, obrázky jsou vloženy do dokumentu.
Vybraná úroveň se zvýrazní v náhledu.
Římské číslice (velké)
Římské číslice (malé)
Pro zobrazení odrážky použije vybraný obrázek.
Obrázek je vložen do dokumentu.
Zadejte nové počáteční číslo pro aktuální úroveň.
Zadejte šířku obrázku.
Zadejte výšku obrázku.
Zachová poměr stran obrázku.
Určete zarovnání obrázku.
Nastavte zarovnání symbolů číslování.
Otevře dialog pro správu maker.
Přidá nebo odstraní elektronické podpisy maker.
Pomocí tohoto dialogového okna je také možné prohlédnout certifikáty.
Otevře kartu Dialogová okna ve Správci maker.
Zastaví nahrávání makra.
Také je možné vybrat knihovnu ze seznamu.
Je možné odstranit jen uživatelské nabídky a položky uživatelské nabídky.
Zadejte název nabídky.
Přidá novou ikonu do seznamu ikon.
Klepnutím odeberete vybranou ikonu ze seznamu.
Lze odebrat jen uživatelské ikony.
Klepnutím na filtr jej vyberete.
Poklepáním na název upravíte filtr.
Pokud chcete, je možné také výstup filtru validovat.
Klepněte na formát zobrazení náhrad.
Hangul jako ruby text nahoře
Vypíše seznam všech uživatelem definovaných slovníků.
Zadejte název nového slovníku.
Smaže vybraný uživatelem definovaný slovník.
Nejprve zobrazit naposledy použité záznamy
Automaticky nahradit všechny jedinečné záznamy
Automaticky nahradí slova, která mají jen jeden návrh nahrazení.
Vyberte uživatelem definovaný slovník, který chcete upravit.
Přidá aktuální definici náhrady do slovníku.
Smaže vybranou položku.
Otevře dialogové okno Zobrazit certifikát.
Otevře dialogové okno Vybrat certifikát.
Použití elektronických podpisů
Během kontroly se zobrazuje ukazatel průběhu.
Je nutná ruční aktualizace.
Nyní se stáhnou všechna rozšíření, která lze přímo stáhnout.
Pokud rozšíření nelze stáhnout, zobrazí se zpráva.
Operace pak pokračuje pro zbývající rozšíření.
Tato rozšíření nelze stáhnout ve Správci rozšíření.
Po stažení posledního rozšíření začne instalace.
Poté se nainstalují jejich aktuální verze.
Zobrazit všechny aktualizace
Přidání nového souboru do Galerie
Dialogové okno Vlastnosti motivu (motiv vzhledu) obsahuje následující karty:
Vyberte typ souboru, který chcete přidat.
Seznam dostupných souborů.
Přidá vybrané soubory k aktuálnímu motivu vzhledu.
Zobrazí nebo skryje náhled vybraného souboru.
Zobrazí náhled vybraného souboru.
Nastaví možnosti zobrazení mřížky.
Automaticky zarovnává objekty ke svislým a vodorovným čarám mřížky.
Přehrávač médií podporuje mnoho formátů médií.
Umožňuje přesun na jinou pozici v souboru.
Chcete-li vložit do dokumentu video nebo zvuk
Klepněte na místo, kam chcete soubor vložit.
Přehrávání filmového nebo zvukového souboru
Zobrazí se nástrojová lišta Přehrávač médií.
Na nástrojové liště Přehrávač médií klikněte na tlačítko Přehrát .
Stáhnout novou verzi.
Instalovat stažené soubory.
Přerušit nyní kontrolu aktualizace.
Pokud je automatické stahování zakázáno, začněte stahovat ručně.
Pokud nebyla nalezena aktualizace, můžete dialog zavřít.
Ve výchozím nastavení se stažený soubor uloží na plochu.
Spuštění online aktualizace
Přiřadí heslo, které zabrání uživatelům provádět neoprávněné změny.
Heslo by mělo splňovat následující požadavky:
Zadejte heslo znovu.
Znovu zadejte hlavní heslo pro kontrolu.
Vždy důvěřovat makrům z tohoto zdroje
Při úpravě dat modelu se dokument označí jako upravený
Není možné odstranit poslední model.
Zapne nebo vypne zobrazení podrobných informací.
Toto tlačítko má podnabídky pro přidání, úpravu a odstranění instancí.
Otevře dialog, kde je možné přidat novou instanci.
Otevře dialog, kde je možné upravit aktuální instanci.
Odstraní aktuální instanci.
Poslední instanci není možné odstranit.
Přepne zobrazení na více či méně podrobností.
Odstraní vybranou položku (element, atribut, odeslání nebo vazbu).
Zadejte název nové položky.
Zadejte výchozí hodnotu vybrané položky.
Určení vlastností vybrané položky.
Vyberte datový typ vybrané položky.
Označí tuto položku jako pouze pro čtení.
Označí tuto položku jako vypočtenou.
V tomto dialogu je možné spravovat jmenné prostory.
Seznam aktuálně definovaných jmenných prostorů pro formulář.
Přidá do seznamu nový jmenný prostor.
Upraví zvolený jmenný prostor.
Smaže vybraný jmenný prostor.
Zvolte nebo zadejte název vazby.
Určuje horní mez (včetně zadaného čísla) pro hodnoty.
Určuje horní mez (vyjma zadaného čísla) pro hodnoty.
Určuje dolní mez (včetně zadaného čísla) pro hodnoty.
Určuje dolní mez (vyjma zadaného čísla) pro hodnoty.
Určí počet znaků pro řetězec.
Určí minimální počet znaků pro řetězec.
Určí maximální počet znaků pro řetězec.
Místní nabídka pole ovládacího prvku
Vybraný ovládací prvek se přemění na textové pole.
Vybraný ovládací prvek se přemění na tlačítko.
Vybraný ovládací prvek se přemění na popisek.
Vybraný ovládací prvek se přemění na seznam.
Vybraný ovládací prvek se přemění na zaškrtávací pole.
Vybraný ovládací prvek se přemění na tlačítko volby.
Vybraný ovládací prvek se převede na pole se seznamem.
Vybraný ovládací prvek se přemění na obrázkové tlačítko.
Vybraný ovládací prvek se přemění na výběr souboru.
Vybraný ovládací prvek se přemění na pole pro datum.
Vybraný ovládací prvek se přemění na pole pro čas.
Vybraný ovládací prvek se přemění na číselné pole.
Vybraný ovládací prvek se přemění na měnové pole.
Vybraný ovládací prvek se přemění na pole vzorku.
Vybraný ovládací prvek se přemění na ovládací prvek obrázku.
Vybraný ovládací prvek se přemění na formátované pole.
Speciální vlastnosti formátovaných polí
Datum a čas se interně také zpracovávají jako čísla.
Speciální tipy pro ovládací prvek tabulky
K dispozici máte následující příkazy:
Odstraní označený sloupec.
Skryje označený sloupec.
Jeho vlastnosti se nezmění.
Otevře dialog Zobrazit sloupce.
Vloží nový řádek.
Umístí kurzor na předchozí řádek.
Cílový rámec je možné určit pomocí Rámec.
Zobrazí první záznam.
Zobrazí předchozí záznam.
Zobrazí další záznam.
Zobrazí poslední záznam.
Uloží aktuální záznam, pokud byl změněn.
Vrátí zpět změny provedené v aktuálním záznamu.
Umožní ve formuláři vložit nový záznam.
Smaže aktuální záznam.
Načte naposledy uloženou verzi aktuálního formuláře.
Volba Zarovnání pro tlačítka se nazývá Zarovnání obrázku.
Určuje místo ukotvení ovládacího prvku ke kterému je vztažena jeho pozice.
Nastaví výchozí datum.
Nastaví výchozí čas.
Máte na výběr následujících možností:
Dokument se zobrazí v novém prázdném rámci.
Dokument se zobrazí v nadřazeném rámci.
Dokument bude otevřen ve stejném rámci.
Určuje výšku ovládacího prvku.
Při klepnutí získat zaměření
Textové řádky zakončeny
Určuje, zda bude ovládací prvek viditelný v režimu testování.
V režimu návrhu jsou ovládací prvky vždy viditelné.
Při určování výsledné viditelnosti prvku jsou brány v úvahu další podmínky.
Určuje šířku ovládacího prvku.
Obsah spojené buňky
Máte několik možností:
První případ: Ve formuláři je jen jedna tabulka.
Třetí případ: Pole se seznamem
Čtvrtý případ: Seznamy
Seznamy pracují s referenčními hodnotami.
Referenční hodnoty pomocí seznamu hodnot
Zaškrtávací pole spojené s buňkou
Do buňky se vloží prázdný řetězec.
Tlačítko volby (přepínač) spojený s buňkou
Zruší se výběr volby.
Textové pole spojené s buňkou
Číselné pole a formátované pole spojené s buňkou
Pole se seznamem spojené s buňkou
Položky rozbalovacího seznamu se aktualizují podle změny.
Položka v seznamu hodnot (Obsah seznamu)
Referenční hodnoty pro databázové formuláře
Druh obsahu seznamu
Např. si je možné vybrat mezi tabulkou a dotazem SQL.
Určuje metodu pro přenos dat formuláře.
Určuje druh kódování dat pro přenos.
Přenos dat zadaných ve formulářovém poli
Číselné pole, měnové pole
Desetinný oddělovač je vždy zobrazován jako tečka.
zobrazení chybové zprávy,
potvrzení odstranění (u datových záznamů),
ověření zadaného vstupu před uložením datového záznamu.
Po změně záznamu
Před změnou záznamu
Pouze přidat data
Volba "Nadřízený formulář" se používá pro podformuláře.
Co je podformulář?
Podformulář je dalším prvkem hlavního formuláře.
Každá tabulka navíc potřebuje vlastní podformulář.
Otevře Navigátor formulářem.
Přidá do formuláře nové prvky.
Vytvoří v dokumentu nový formulář.
Přejmenuje označený objekt.
Zobrazí dialog Vlastnosti označené položky.
Je-li vybrán formulář, bude otevřen dialog Vlastnosti formuláře.
Je-li označen ovládací prvek, otevře se dialog Vlastnosti ovládacího prvku.
Pro události lze použít v jednom dokumentu jen jeden jazyk.
Určuje zdroj dat, který obsahuje požadovanou tabulku.
Určuje požadovanou tabulku.
Tak je možné vytvořit jednoznačné propojení.
Zobrazí všechna pole tabulky vybrané v předchozím kroku.
Pole z tabulky hodnot
Pole z tabulky seznamu
Na tuto otázku máte možnost dvou odpovědí:
Jak odstranit zvýraznění
Označte zvýrazněný text.
Máte na výběr z těchto funkcí:
Format - Umístění a velikost - Otočit.
Cíl v dokumentu
Obnoví zobrazené údaje.
Obnovit - Zobrazí obnovený obsah databázové tabulky.
Obnovit strukturu - Obnoví pohled na tabulku včetně struktury.
Vypíše všechny sloupce databázové tabulky, které se vloží do dokumentu.
Odstraní všechna databázová pole ze seznamu Sloupce tabulky.
Přijme databázový formát.
Vytvořit jen řádek
Data na pole
Vyberte hodnotu, kterou chcete použít ve filtru.
Určuje kritéria řazení pro zobrazení dat.
Zde je možné zadat vyhledávací kritéria.
Určuje další kritéria řazení podle dalších polí.
Hledání je k dispozici také pro ovládací prvek tabulky.
Určuje druh hledání.
Určuje, že se mají hledat pole, která obsahují data.
Určuje pole, která se prohledávají.
Dokumenty s formuláři mohou obsahovat více logických formulářů.
Prohledává všechna pole.
Prohledá určené datové pole.
Určuje nastavení pro hledání.
K dispozici jsou následující možnosti:
kdekoli v poli
v návrhu tabulky pro vlastnosti pole,
v zobrazení zdroje dat pro formátování sloupce,
přiřazením vlastností ovládacích prvků ve formulářích.
Pro jediný libovolný znak
Hledání s regulárním výrazem
Přepíná mezi filtrovaným a nefiltrovaným zobrazením tabulky.
Zdroj dat aktuálního dokumentu
Pro výběr jiné tabulky zvolte Úpravy - Vyměnit databázi.
Na začátku se na vodorovném pravítku zobrazují výchozí tabulátory.
Nastavení levého odsazení prvního řádku
Funkce Spustit dotaz neukládá dotaz.
Vloží označenou tabulku.
Zavře dialog Přidat tabulky.
Kurzor je zobrazen jako silná svislá čára.
Zobrazuje aktuální čas.
Zobrazuje aktuální datum.
Pro zrušení efektu filtr použijte ještě jednou.
Zaostří obrázek pomocí high pass filtru.
Odstraní šum z obrázku pomocí median filtru.
Určuje intenzitu ztmavnutí v procentech.
Určuje umístění světelného zdroje.
Tečka představuje světelný zdroj.
Určuje počet pixelů, které se spojí do obdélníků.
Vylepší (zaostří) hrany objektu.
Zobrazení grafického objektu se nemění.
Grafický objekt se zobrazí ve stupních šedi.
Z barevného grafického objektu se stane monochromatický.
Grafický objekt se zobrazí černobíle.
Písmomalba a vytvoření grafického textu
Na liště Standardní klepněte na ikonu Štěteček formátu .
Klávesové zkratky pro databáze
Klávesové zkratky pro databáze
V návrhu dotazu
Přepíná mezi oblastmi návrhu dotazu.
Odebere tabulku z návrhu dotazu.
Otevře pole se seznamem.
Zavře pole se seznamem.
Umístí kurzor na předcházející řádek.
Přemístí kurzor na následující řádek.
Přepíná mezi kartami.
Výběr ovládacích polí.
Výběr ovládacích polí v opačném pořadí.
Vloží vybraný ovládací prvek.
V režimu úprav bodů přejde na následující úchyt.
V režimu úprav bodů přejde na předchozí úchyt.
Zruší současný výběr.
Odborná podpora v místních jazycích
Zapojte se a podporujte
Pro vyhledávání v aktuální stránce nápovědy:
Klepněte na ikonku Najít na této stránce.
Otevře se dialog Najít na této stránce.
Vyberte volby vyhledávání, které chcete použít.
Zobrazuje index hlavních témat všech modulů.
Obsahuje uživatelem definované záložky.
Rejstřík – hledání podle klíčových slov
Okno obsahuje dvouúrovňový abecedně řazený seznam klíčových slov.
Záložky najdete na kartě Záložky.
Zobrazit - zobrazí vybrané téma nápovědy.
Obsah – hlavní témata nápovědy
Poklepáním na ikonu dokumentu zobrazíte příslušnou stránku nápovědy.
Vytvoření nové webové stránky
První DVě VElká písmena byla opravena
Každé první písmeno věty bude velké
Dvojité uvozovky (") byly nahrazeny
Jednoduché uvozovky byly nahrazeny
Dvojité mezery byly ignorovány
Znaky minus byly nahrazeny
Spustí průvodce a vytvoří šablonu dopisu.
Průvodce dopisem - Vzhled stránky
Průvodce dopisem - Položky
Průvodce dopisem - Příjemce a odesílatel
Průvodce dopisem - Zápatí
Uloží současné nastavení a pokračuje na další stránku.
Vyberte typ dopisu a vzhled stránky
Použít hlavičkový papír s předtisknutými prvky
Vyberte položky, které jsou již předtištěny na hlavičkovém papíře
Zpáteční adresa v okénku obálky
Přejít na Průvodce dopisem - Položky
Přejít na Průvodce dopisem - Příjemce a odesílatel
Použít uživatelské údaje pro zpáteční adresu
Určuje adresní informace o příjemci
Umístit úchyty pro adresu příjemce
Použít databázi adres pro hromadnou korespondenci
Přejít na Průvodce dopisem - Zápatí
Použít pouze na druhé a dalších stranách
Zaškrtnutím tohoto pole potlačíte zobrazení zápatí na první stránce.
Vytvořit dopis z této šablony
Upravit šablonu dopisu ručně
Přehled průvodce dopisem
Průvodce faxem - Vzhled stránky
Průvodce faxem - Položky
Průvodce faxem - Příjemce a odesílatel
Průvodce faxem - Zápatí
Určuje data v zápatí.
Průvodce faxem - Jméno a místo
Tlačítko Zpět je aktivní od druhé strany.
Určuje předdefinovaný styl.
Přejít na Průvodce faxem - Položky
Vloží logo společnosti.
Vloží pole na datum.
Vloží řádek komunikační typ.
Vyberte text ze seznamu.
Vloží řádek předmětu.
Vyberte pozdrav ze seznamu.
Vyberte pozdrav ze seznamu.
Přejít na Průvodce faxem - Přijemce a odesílatel
Zadejte text, který se vytiskne v zápatí.
Vytiskne v zápatí čísla stránek.
Vytvořit fax založený na této šabloně
Provést další změny v této faxové šabloně
Přejít na Průvodce faxem
Průvodce poradou - Vzhled stránky
Určuje vzhled stránky pro program porady.
Průvodce poradou - Všeobecné informace
Určuje datum, čas, název a místo schůzky.
Průvodce poradou - Další položky
Průvodce poradou - Body programu
Upřesňuje body programu, které budou v programu porady vytištěny.
Vrací na volby provedené na předchozí stránce průvodce.
Aktuální volby zůstávají nezměněny.
Toto tlačítko je aktivní pouze na stránkách následujících po první stránce.
Určuje název schůzky.
Přejít na průvodce poradou - Další položky
Určuje, zda se bude tisknout řádek Typ porady.
Určuje, zda se bude tisknout řádek Přečtěte si.
Určuje, zda se bude tisknout řádek Přineste si.
Určuje, zda se bude tisknout řádek Poznámky.
Přejít na Průvodce poradou - Body programu
Vepište body programu.
Za aktuální řádek vloží prázdný řádek pro další bod programu.
Odebere aktuální bod programu.
Přesune aktuální bod programu výše.
Přesune aktuální bod programu níže.
Určuje název šablony porady.
Vytvořit nový program porady založený na této šabloně
Upravit šablonu ručně
Přejít na Průvodce poradou
Aktivuje průvodce pro vytváření formulářů.
Pomocí následujících kroků vyberte vlastnosti formuláře:
Klepnutím vytvoříte formulář bez dalších dotazů.
Tabulky nebo dotazy
Pole ve formuláři
Pro přídání podformuláře pole zaškrtněte.
Podformulář založený na existující relaci
Pro přidání podformuláře založeného na existující relaci klepněte zde.
Kterou relaci chcete přidat?
Vyberte relaci, na které je podformulář založený.
Podformulář založený na ručním výběru polí
Pole v mém podformuláři
První spojené pole podformuláře
První spojené pole hlavního formuláře
Druhé spojené pole podformuláře
Druhé spojené pole hlavního formuláře
Třetí spojené pole podformuláře
Třetí spojené pole hlavního formuláře
Čtvrté spojené pole podformuláře
Čtvrté spojené pole hlavního formuláře
Uspořádání hlavního formuláře
Sloupce - popisky vlevo
Sloupce - popisky v záhlaví
Bloky - popisky nad
Umístí popisky nad odpovídající data.
Průvodce formulářem - Nastavit zadávání dat
Určuje režim zadávání dat pro nový formulář.
Formulář bude zobrazovat všechna data
Zakázat úpravu existujících dat
Vyberte pro zakázání úpravy dat.
Zakázat odstranění existujících dat
Vyberte pro zakázání odstranění dat.
Zakázat přidání nových dat
Vyberte pro zakázání přidávání nových dat.
Upřesňuje název formuláře.
Pracovat s formulářem
Vyberte vlastnosti sestavy.
Průvodce sestavou - Výběr polí
Průvodce sestavou - Pojmenování polí
Průvodce sestavou - Seskupení
Průvodce sestavou - Zvolit rozvržení
Průvodce sestavou - Vytvořit sestavu
Pole v sestavě
Více o průvodci sestavou - Pojmenování polí
Více o Průvodci sestavou - Seskupení
Více o Průvodci sestavou - Možnostech řazení
Průvodce sestavou - Možnosti řazení
Více o Průvodci sestavou - Zvolit rozvržení
Upravit rozvržení sestavy
Určuje druh publikace.
Určí styl tlačítek pro navigaci mezi snímky prezentace.
Definuje barvy pro zveřejnění.
Aktuální nastavení zůstane uloženo.
Uloží aktuální nastavení a přejde na další stránku.
Název návrhu budete moci vložit po stisknutí tlačítka Vytvořit.
Exportované soubory nebudou touto akcí ovlivněny.
Zobrazuje všechny existující návrhy.
Odstranit vybraný design
Odstraní vybraný návrh ze seznamu.
Určí základní nastavení pro plánovaný export.
Vytvoří titulní stránku dokumentu.
Určuje, zda budou zobrazeny i poznámky.
Jak je uvedeno v dokumentu
Určuje dobu, po kterou bude každý snímek zobrazen.
Tento název jste zadali v dialogu Uložit (více výše).
Vyberte, prosím, prázdný adresář.
Jak tak učinit bude popsáno v dalším textu.
Upřesňuje formát obrázků.
Je také možné upřesnit kompresní hodnotu pro export.
Vybere střední rozlišení pro středně velké prezentace.
Vybere vysoké rozlišení pro zobrazení snímků ve vysoké kvalitě.
Exportovat zvuky při přechodu snímku
Informace na titulní stránku
Místo tlačítek vloží pouze hypertextové odkazy.
Zobrazuje dostupné styly tlačítek.
Pro výběr stylu na něj klepněte myší.
Formátování textu je převzato z prezentace nebo kresby.
Použít barevné schéma dokumentu
Použít vlastní barevné schéma
Upřesňuje, jaké volby budou obsaženy v poli seskupení.
Upřesní popisek pro skupinu voleb.
Jaké názvy chcete přiřadit jednotlivým volbám?
Určuje názvy příslušných polí voleb.
Tento postup opakujte pro všechny pole voleb.
Odstraní vybranou volbu ze seznamu.
Touto volbou určujete vlastnost Výchozí stav.
Má být jedno pole volby vybrané jako výchozí?
Vyberte možnost ze seznamu.
Ne, nebude vybráno žádné pole.
Určuje kam se budou ukládat výchozí hodnoty.
Jaký popisek se má dát k této skupině?
Určuje popisek pro celou skupinu.
Konvertor dokumentů obsahuje následující strany:
Pokračujte na další stránku Konvertoru dokumentů.
Určuje, zda budou konvertovány šablony dokumentů.
Určuje adresář obsahující zdrojové soubory.
Určuje adresář, do kterého budou uloženy výsledné soubory.
Otevře dialog pro vybrání požadované cesty.
Určuje jestli a jak budou dokumenty konvertovány.
Určuje, zda budou konvertovány dokumenty.
Otevře dialog, ve kterém je možné zadat upřesňující nastavení.
Udává umístění databázového souboru.
Upřesňuje umístění souboru.
Upřesní název zdroje dat.
Otevře dialog Šablony: Přiřazení adresáře.
Otevře nástrojovou lištu Tvar písmomalby.
Stejná výška písmen písmomalby
Otevře okno pro zarovnání písmomalby.
Jak zjednodušit Vaši práci použitím vzorových dokumentů a šablon
Práce s textovými dokumenty
Práce se sešity
Práce s prezentacemi
Práce s kresbami
Práce se vzorci
Podpora externích zařízení a aplikací
Přístup ke všem funkcím pomocí klávesnice.
Vylepšená čitelnost obsahu obrazovky
Přibližování uživatelského rozhraní, nabídek, ikon a dokumentů
Vypnutí/zapnutí rozšířených tipů
Zapnutí nebo vypnutí rozšířených tipů:
Zaškrtnuté políčko indikuje, že jsou Rozšířené tipy aktivovány.
Dočasné zapnutí Rozšířených tipů:
Vedle ukazatele myši se zobrazí otazník.
V Průvodci instalací zvolte Upravit.
Upravte kopii dokumentu.
V dialogovém okně Automatické opravy zvolte kartu Možnosti.
Pozadí v sešitu
Použití přednastaveného stylu ohraničení
Zvolte Formát - Odstavec - Ohraničení.
Použití vlastního stylu ohraničení
Poslední dva kroky zopakujte pro všechny hrany.
Nastavení ohraničení tabulek a buněk
Vyberte buňky tabulky, které chcete upravit.
Klepněte na jeden z přednastavených stylů ohraničení.
Vyberte prostřední čáru v oblasti Definované uživatelem.
Změna nadpisu dokumentu
Můžete si zvolit svůj nadpis dokumentu.
Jak změnit název aktuálního dokumentu
Zvolte kartu Popis.
Poklepejte na graf.
Zobrazí se dialog.
Formát - Vlastnosti objektu
Přidání textury na sloupce grafu
Poklepáním na graf vstoupíte do režimu úprav grafu.
Nyní jsou vybrány všechny sloupce vybrané řady.
Graf můžete vytvořit různými způsoby:
Tyto grafy se automaticky aktualizují při změně zdrojových dat.
Při změně zdrojových dat se grafy neupraví.
Klepněte na ikonu Vložit graf na nástrojové liště Standardní.
Vidíte náhled grafu a průvodce grafem.
Zvolte Vložit - Graf.
Graf založený na vlastních datech
Otevře se dialog Hlavní nadpis.
Vytvoření nového sešitu
Mohou nastat následující situace:
Uživatel chce sdílet dokument pro spolupráci.
Sešit není v módu sdílení.
Sešit je v módu sdílení.
Uživatel může zakázat tuto zprávu pro příští spuštění.
Ukládání sdíleného sešitu
Pokud se změny vzájemně nevylučují, dokument je uložen.
Dokument není zamčen jiným uživatelem.
Dokument je označen souborovým systémem jako "jen pro čtení".
Dokument je zamčen jiným uživatelem.
Přístupová práva uživatele a sdílení dokumentů
Můžete změnit klávesové zkratky.
Nástroje - Přizpůsobit
Používání místních nabídek
Kopírování objektů kresby do jiných dokumentů
Označte objekt (objekty) kresby.
Vložení do textového dokumentu
Vkládání do sešitu
Vkládání dat ze sešitů
V jiných jazycích se mění velikost mezer mezi slovy.
Zvolte Soubor - Otevřít a klepněte na soubor pro import.
Zvolte Soubor - Otevřít pro otevření databázového souboru.
Pomocí formulářů je možné určit, jak prezentovat data.
Vytvoření nového formuláře pomocí průvodce
Klepněte na Použít průvodce pro vytvoření formuláře.
Ruční vytvoření nového formuláře
Klepněte na Vytvořit formulář v režimu návrhu.
Otevře se nový textový dokument.
Pomocí nástrojové lišty Ovládací prvky formuláře je možné vložit ovládací prvky.
Zvolte Soubor - Nový - Sešit.
Z místní nabídky zvolte Kopírovat.
Zvolte Úpravy - Kopírovat.
Zobrazí se dialog Kopírovat tabulku.
Pro zaregistrování existujícího databázového souboru:
Klikněte na Nový a vyberte databázový soubor.
Vyberte databázový soubor a klepněte na Odstranit.
Použití a úprava databázových sestav
Zvolte Soubor - Otevřít a vyberte databázový soubor.
V okně databázového souboru klepněte na ikonu Sestavy.
Sestavu otevřete poklepáním na její název.
Výsledná sestava se zobrazí po spuštění sestavy.
Úprava sestavy vytvořené v Průvodci sestavou
Spouští se příkazem "Vytvořit sestavu v režimu návrhu".
Spouští se příkazem "Použít průvodce pro vytvoření sestavy".
Rozvržení záznamů se vybere z několika možností.
Vygeneruje se jednorázový výstup údajů.
Vytvoření nové sestavy ručně v režimu návrhu
Klepněte na Vytvořit sestavu v režimu návrhu.
Vytvoření nové sestavy pomocí Průvodce sestavou
Klepněte na Použít průvodce pro vytvoření sestavy.
Zadejte nová pole do řádků shora dolů.
Pole dat obsahuje "primární klíč".
Primární klíč má jedinečný obsah pro každý záznam dat.
Pro každé pole můžete zadat volitelný Popis.
Zadejte vlastnosti vybraného datového pole.
Vytvoření nové tabulky pomocí Průvodce tabulkou
Klepněte na Použít průvodce pro vytvoření tabulky.
Vytvoření nové tabulky v režimu návrhu
Klepněte na Vytvořit tabulku v režimu návrhu.
Zobrazí se okno Návrh tabulky.
Vytvoření nového pohledu na tabulku
Některé databáze podporují pohledy na tabulky.
Klepněte na Vytvořit pohled na tabulku.
Zvolte Soubor - Otevřít pro otevření databázového souboru.
Zvolte Zobrazit - Zdroje dat pro zobrazení zaregistrovaných databází.
Vlevo vidíte prohlížeč zdrojů dat.
Na horním okraji najdete lištu Data tabulky.
Adresář jako zdroj dat
Formuláře a sestavy
Zadávání dat a editace formuláře
Zadávání, úprava a kopírování záznamů
Uložení a podepsání dokumentu
Otevření podepsaného dokumentu
Ikona ve stavovém řádku
Podpis je platný.
Podpis je neplatný.
Podpisy a verze aplikace
Nedůvěřujte jen ikoně.
Prozkoumejte a ověřte certifikát.
Tím zaručíte, že svým certifikátem můžete podepisovat dokumenty.
Zobrazí se dialog s žádostí o uložení dokumentu.
Klepnutím na Ano soubor uložíte.
Podepsání makra v dokumentu
Normálně jsou makra součástí dokumentu.
Zvolte Nástroje - Makra - Elektronický podpis.
Přidejte podpis, jak je popsáno výše pro dokumenty.
Automatická přípona souboru
Zadáte tento název souboru
Zvolíte tento typ souboru
Soubor se uloží s tímto názvem
Přetažení s prohlížečem zdroje dat
Použití dat v textovém dokumentu
Použití dat v dokumentu sešitu
Vkládání ovládacích prvků do textového formuláře
Kopírování obrázků z galerie
Přidání obrázku do galerie
Umístěte ukazatel myši nad obrázek, bez klepnutí.
Kopírování obrázků mezi dokumenty
Přetáhněte obrázek do jiného dokumentu.
Kopírování oblasti sešitu do textového dokumentu
Otevřete textový dokument i sešit.
Vyberte oblast sešitu, kterou chcete kopírovat.
Přidání tlačítek na nástrojové lišty
Ukládání dokumentů v jiných formátech
V nabídce zvolte Přizpůsobit.
Zobrazí se karta Nástrojové lišty dialogového okna Přizpůsobit.
Klepněte na Přidat.
Klepněte na Přidat a poté Zavřít.
Otevře se okno Navigátor filtru.
Chcete-li najít všechny změny písma
Klepněte na Najít další.
K obnovení původního režimu Najít a nahradit
Klepněte na Bez formátu.
Dialog Najít a nahradit
Kontext nástrojových lišt
Některé nástrojové lišty se automaticky otevírají v závislosti na kontextu.
Dočasné zavření nástrojové lišty
Trvalé zavření nástrojové lišty
Pro vytvoření objektu písmomalby
Objekt písmomalby se vloží do dokumentu.
Poklepáním na objekt aktivujete režim úpravy textu.
Nahraďte výchozí text vlastním textem.
Pro úpravu objektu písmomalby
Zobrazí se nástrojová lišta Písmomalba.
Klepněte na ikonu na nástrojové liště Písmomalba.
K dispozici jsou následující ikony:
Galerie písmomalby - přidá další objekt písmomalby
Tvar písmomalby - upraví tvar
Stejná výška písmen písmomalby - změní výšku znaků
Zarovnání písmomalby - určuje zarovnání textu
Rozestup znaků písmomalby - změní rozestup a kerning znaků
Pro úpravu dalších vlastností písmomalby
Vyberte vlastnosti z nástrojové lišty Vlastnosti objektu kresby.
Vkládání objektů z galerie
Vložení objektu jako kopie
Klepnutím vyberte objekt.
Vložení objektu jako odkazu
Klepnutím vyberte objekt.
Vložení objektu jako pozadí
Vložení objektu jako textury (vzoru) jiného objektu
Označte všechny objekty, které chcete seskupit.
Jak upravit skupinu
Zvolte Upravit skupinu.
Jak opustit skupinu
Zvolte Opustit skupinu.
Otevřete dialog Hypertextový odkaz, jak je popsáno výše.
Klepněte na ikonu Znakové styly.
Přidání aktivních oblastí do obrazků
Pro přidání aktivní oblasti do obrázku
Zvolte Vložit - Obrázek a vyberte rastrový obrázek.
Otevření dokumentů uložených v jiných formátech
Vyberte formát ze seznamu Typ souboru.
Označte název souboru a klepněte na Otevřít.
Převod všech dokumentů ve složce
Zvolte Soubor - Průvodci - Konvertor dokumentů.
Nastavení výchozího formátu souborů
Ikony na liště Obrázek
Zvolte Soubor - Exportovat.
Otevře se dialog Export.
Zadejte název souboru a klepněte na Export.
Hlavní tři kroky jsou následující:
Změnit uživatelské rozhraní (nabídky nebo nástrojové lišty).
Aktivace nabídek, nástrojových lišt, oken a dokumentů
všechna volná okna zleva doprava,
Vyvolání příkazu nabídky
Spuštění příkazu ikony
Speciální rady pro nástrojové lišty
To odpovídá klepnutí myši.
Výběr z pole se seznamem
Výběr v tabulkách
Pro výběr v těchto tabulkách se používají následující klávesy:
Velikost a umístění oken a dialogů
Ukotvení a uvolnění oken a nástrojových lišt
Úprava umístění a velikosti objektů
Úprava ukotvení objektů
Nejprve vstupte do režimu úprav úchytů a vyberte ukotvení.
Levý horní úchyt začne blikat.
Pomocí kurzorových kláves přesuňte ukotvení.
Objekt sleduje ukotvení odpovídajícím způsobem.
Ovládání dělících čar
Každý pohled může zobrazovat jinou část dokumentu.
Ovládání zobrazení zdrojů dat
Klávesové zkratky v okně Návrh dotazu
Klávesy v okně Návrh tabulky
Ovládání editoru obrázkových map
Navigace na stránkách nápovědy
Mezerník: vloží nebo odstraní rozdělení
Ovládání dialogu Speciální znaky
Kurzorovými klávesami se přesunujete po hlavní oblasti výběru.
Tisk adresních štítků
Klepněte na Nový dokument.
Odpovědí Ano otevřete dialog Hromadná korespondence.
Zvolený jazyk se použije pro celý dokument.
Ten má potom vyšší prioritu než jazyk celého dokumentu.
Výběr jazyka celého dokumentu
Výběr jazyka stylu odstavce
Otevřete místní nabídku a zvolte Upravit styl odstavce.
Zobrazí se dialog Styl odstavce.
Vyberte kartu Písmo.
Použití jiného jazyka přímo ve vybraném textu
Výběr jazyka znakového stylu
Doplnění dalších jazyků
Vyberte si slovník ze seznamu.
Formát - Znak - Písmo
Kreslení čar v textu
V dokumentu klepněte na místo, kde má čára začít.
Můžete nakreslit více čar.
Vyberte objekt čáry v dokumentu.
Určete nastavení čáry, jak potřebujete.
Klepněte na Zavřít pro uzavření dialogu.
Zvolte Nástroje - Makra - Zaznamenat makro.
Klepněte na Zastavit nahrávání.
Následující akce se nezaznamenají:
Nezaznamená se otevření okna.
Nezaznamená se přepnutí okna.
Otevření a uložení dokumentů a šablon
Použití oken, nabídek a ikon
Kopírování data pomocí přetažení nebo příkazu nabídky
Klepněte na Obecné.
Na kartě Obecné vyberte měrnou jednotku.
Porovnat a sloučit dokumenty
Konec řádku a stránky
Viz také pro sešity Pohled - Náhled zalomení stránky
Nahrazovat text při psaní
Pravopis a gramatika
Nezapomeňte zaškrtnout „Vždycky používat tuto aplikaci“.
Navigátor a přehled o dokumentu
Rychlá navigace k objektům
Toto je nejběžnější použití Navigátoru.
Zobrazení navigačního panelu nápovědy
Formát - Odrážky a číslování
Kopírování formátování pomocí štětečku formátu
Nic není vybráno, ale kurzor je v textu
Vybrán ovládací prvek
Vybrán objekt kresby
Zkopíruje všechny atributy formátování.
Zkopíruje se také formátování odstavce a znaku.
Černobílý tisk textu a obrázků
Otevře se dialogové okno na kartě Obecné.
Nastavte volbu pro černobílý tisk.
Potvrďte dialog Vlastnosti a klepněte na Tisk.
Aktuální dokument bude vytištěn černobíle.
Poté zvolte Tisk.
Okraje kolem objektů se budou tisknout černě.
Černobílý tisk pouze textu
Černobílý tisk všech textových dokumentů
Černobílý tisk aktuálního textového dokumentu
Zvolte Tisknout text černě a klepěnte na Tisk.
Tisk s redukcí dat
Klepněte na jednu z následujících voleb:
Otevřete dokument a zadejte správné heslo.
Ochrana objektů kresby a objektů formuláře
Zaškrtněte pole Umístění nebo Velikost.
Zrušte zaškrtnutí polí Umístění nebo Velikost.
Zaznamenání a zobrazení změn
Přijetí nebo odmítnutí změn
Porovnání verzí dokumentu
Zobrazí se dialogové okno výběru souboru.
Vyberte svůj původní dokument a potvrďte dialog.
Nyní můžete přijmout či odmítnou smazané a vložené části.
Nyní můžete provádět změny.
Výběr výchozí tiskárny
Vložení a úprava kroků tabulátoru
Oba způsoby ovlivní aktuální odstavec nebo všechny označené odstavce.
Vlevo zarovnaný krok tabulátoru vložíte klepnutím na pravítko.
Vloží levý tabulátor.
Vloží pravý tabulátor.
Vloží středový tabulátor.
Poklepáním na pravítko otevřete dialog Odstavec.
Přesunutí tabulátorů na pravítku
Jednotlivé kroky tabulátoru lze na pravítku přetahovat myší.
Změna vlastností tabulátorů
Změna barvy textu
Zvolte Formát - Vymazat přímé formátování.
Klepnutím na kartu Osnova otevřete zobrazení osnovy.
Verze a čísla sestavení
Zobrazení vlastností souboru
Pro zobrazení vlastností aktuálního dokumentu:
Zvolte Soubor - Vlastnosti.
Vyberte soubor v seznamu.
Klepněte pravým tlačítkem a zvolte Vlastnosti.
Vytvořte nebo otevřete textový dokument.
Pro ověření aktuálního dokumentu klepněte na Stávající dokument.
Vyhledat ve všech modulech
Vyhledat ve zvoleném modulu
Klepnutím text zkopírujete do schránky
Spustí Průvodce hromadnou korespondencí, který vám pomůže vytvořit hromadné dopisy.
Původní tabulky nebudou změněny.
Zobrazuje číslo aktuálního záznamu.
Zadejte číslo k přechodu na daný záznam.
Přejde na první záznam.
Přejde na předchozí záznam.
Přejde na následující záznam.
Přejde na poslední záznam.
Vytvoří nový záznam
Uloží novou datovou položku.
Změna je zaregistrována do databáze.
Umožňuje vrátit změnu v datové položce.
Dotaz je třeba před odstraněním potvrdit.
Klávesové zkratky pro vzorce
S dokumentem načíst nastavení specifická pro uživatele
nastavení dostupná v Soubor - Tisk - Možnosti,
nastavení vzdálenosti odstavců od textových tabulek,
nastavení automatické aktualizace odkazů, funkčních polí nebo grafů,
nastavení pro práci s asijskými typy písma.
Zdroj dat připojený k dokumentu a jeho pohled.
Před uložením upravit vlastnosti dokumentu
Vždy vytvořit záložní kopii
Můžete určit interval ukládání informací.
Naopak absolutní adresa vždy začíná z kořenového adresáře.
Vždy uložit jako
Klepněte pro zobrazení dialogu Vybrat cestu nebo Upravit cesty.
V této složce jsou uloženy vlastní Automatické opravy.
V této složce jsou uloženy vlastní Automatické texty.
V tomto adresáři jsou uloženy automatické záložní kopie dokumentů.
Tato složka obsahuje nová témata obrázků.
Do této složky můžete ukládat vlastní šablony.
Výchozí systémová složka pro uložení dokumentů
Označte výchozí cestu pro nové soubory.
Jednotlivé podmoduly můžete uspořádat podle priority.
V seznamu Jazyk vyberte jazyk.
V části Dělení slov může být aktivní pouze jeden podmodul.
Určuje jazyk modulu.
Tisk nastaví stav "dokument změněn"
Povoluje náhrady písem, které určíte.
Pole Pouze obrazovka
Zadejte nebo vyberte název náhradního písma.
Použije vybranou náhradu písma.
Odstraní vybranou náhradu písma.
Pokud zvolíte Automaticky, zjistí se vhodné písmo automaticky.
Pouze neproporcionální písma
Snížení objemu tiskových dat může mírně snížit kvalitu.
Zahrnout průhledné objekty
Převést barvy na odstíny šedi
Uložit nebo odstranit barevná schémata.
Vyberte barevné schéma, které chcete použít.
Název barevného schématu
Zadejte název barevného schématu.
Odstraní schéma vybrané v seznamu Schéma.
Vyberte barvy pro prvky uživatelského rozhraní.
Nastaví možnosti zpřístupnění.
Podpora nástrojů pro zpřístupnění (nutný restart programu)
Použít kurzor výběru textu pro dokumenty pouze pro čtení
Zobrazí kurzor v dokumentech pouze pro čtení.
Povolit animovaný text
Parametry pro zobrazení s vysokým kontrastem
Automaticky detekovat, zda je v operačním systému aktivní vysokokontrastní zobrazení
Vždy použít automatickou barvu písma pro obrazovku
Toto nastavení ovlivňuje pouze zobrazení na obrazovce.
Pro náhledy stránek
Nastavení proxy serveru.
Určuje typ proxy.
Můžete ručně zadat proxy servery.
Do pole vpravo zadejte port.
Žádné proxy pro
Zadejte port pro odpovídající proxy server.
Otevře dialog pro zadání hlavního hesla.
Požádá o zadání hlavního hesla.
Také si můžete zobrazit heslo pro označený záznam.
Použít pro čísla národní prostředí 'Angličtina (USA)'
Schránka ale informace o národním prostředí neobsahuje.
Pokud zaškrtnuto je, budou čísla interpretována jako v národním prostředí 'Angličtina (USA)'.
Globální nastavení se automaticky ukládají.
Specifikuje nastavení pro základní písma.
Určuje nastavení pro zobrazení hranic a vodítek.
Určuje, které prvky dokumentu budou zobrazeny.
Kresby a ovládací prvky
Zobrazuje kresby a ovládací prvky obsažené v dokumentech.
Určuje, zda se zobrazují pravítka a posuvníky.
Zobrazuje vodorovné pravítko.
V seznamu vyberte požadované měrné jednotky.
Zobrazuje svislé pravítko.
Aktivuje funkci jemného posuvu stránky.
Zarovná svislé pravítko k pravému okraji.
Tisknout automaticky vložené prázdné stránky
Zásobník papíru z nastavení tiskárny
Určuje, zda se budou tisknout komentáře v dokumentu.
Opakovat na každé stránce
Vstup v tabulkách
Pole Zarovnání neovlivňuje přímé formátování.
Určuje vlastnosti přímého kurzoru.
Nastavení možností vkládání při použití přímého kurzoru.
Vlastnosti odstavce závisí na následujících volbách.
Můžete si vybrat z následujících možností:
Tabulátory a mezery
Určuje zobrazení zaznamenaných změn.
Aktualizovat odkazy při načítání
Manuální aktualizace polí
Automaticky obnovovaná pole
Název souboru, Statistické údaje, Číslo dokumentu, Datum a čas úpravy, Změněno
Úprava řádky textu, ve které je pole
Ruční změna proměnné
Vypnutí "pevný obsah"
Autor, Odesilatel, všechna informační pole dokumentu
Změna čísla stránky
Definuje obecná nastavení pro sešity.
Určuje nastavení tiskárny pro sešity.
Určuje, které čáry se zobrazí.
V této oblasti vyberte různé volby pro zobrazení na obrazovce.
Při vkládání dat zobrazit upozornění na přepsání
Posouvat odkaz na buňku s výběrem
Barva změněných položek
Určení barev pro zaznamenané změny.
Potlačit výstup prázdných stránek
Tisknout pouze vybrané listy
Použít anglické názvy funkcí
Všechny ovládací body při úpravách Bézierových křivek
Obrysy všech jednotlivých objektů
K okrajům stránky
Při vytváření nebo přesunu objektů
Lze vybrat pouze textovou oblast
Nový dokument (pouze v prezentacích)
Kopírovat při přesunu
Vždy přesunutelné objekty
Nedeformovat objekty na křivce (jen v kresbách)
Prezentace (pouze v prezentacích)
Měřítko (pouze v kresbách)
Ignorovat ~ a ' na konci řádku
Přiřazení barev k datovým řadám.
Nastavení bude použito pro všechny nově vytvořené grafy.
Změna v tomto poli se uplatní okamžitě.
Desetinný oddělovač - Podle národního prostředí
Výchozí jazyky pro dokumenty
Pouze pro současný dokument
Rozšířená podpora jazyků
Nastavení vlastností dalších jazyků.
Hledání v japonštině
Nastavení pro vyhledávání v japonském textu.
Výchozí typografické nastavení pro asijský text.
Určuje volby pro dokumenty s komplexním rozvržením textu.
Západní text a asijská interpunkce
Komprimovat pouze interpunkci
Výchozí nastavení pro "první" a "poslední" znaky.
Číslice (pouze v textu)
Hindské: Všechna čísla jsou zobrazena pomocí hindských číslic.
Určuje, jak se zpracovávají spojení se zdroji dat.
Zadejte název databáze.
Cesta se nastavuje v následujícím dialogu.
Otevře dialogové okno Cesta ke třídám.
Přiřazené složky a archivy
Je povoleno spustit pouze makra z důvěryhodných umístění.
Je povoleno spustit pouze podepsaná makra z důvěryhodných zdrojů.
Nepodepsaná makra jsou vypnuta.
Před spuštěním makra z neznámého zdroje je vyžadováno potvrzení.
Je povoleno spustit podepsaná makra z důvěryhodných zdrojů.
Jakákoliv jiná makra je nutno potvrdit.
Všechna makra budou spuštěna bez potvrzení.
Seznam důvěryhodných certifikátů.
Otevře dialog Zobrazit certifikát pro vybraný certifikát.
Odstraní vybraný certifikát ze seznamu důvěryhodných certifikátů.
Otevře dialog pro výběr složky.
Zadejte své jméno.
Automaticky kontrolovat aktualizace
Kontrola bude provedena jednou za den.
Kontrola bude provedena jednou za týden.
Kontrola bude provedena jednou za měsíc.
Kontrola bude provedena nyní.
Zobrazí složku vybranou pro uložení stažených souborů.
Zadejte heslo k uživatelskému jménu.
Klepnutím na tlačítko Zastavit můžete ručně přerušit ověřování.
Dialogové okno má následující karty:
Zvětší velikost fontu označeného textu.
Zmenší velikost fontu označeného textu.
Zvolte Úpravy - Duplikovat
Zvolte Úpravy - Odstranit snímek
Zvolte Úpravy - Pole
Zvolte Zobrazit - Pravítka
Zvolte Zobrazit - Nástrojové lišty - Možnosti
Zvolte Zobrazit - Nástrojové lišty - Prezentace
Zvolte Zobrazit - Normální
Zvolte Zobrazit - Osnova
Zvolte Zobrazit - Pořadač snímků
Zvolte Zobrazit - Poznámky
Na nástrojové liště Standardní klepněte na
Zvolte Zobrazit - Záhlaví a zápatí
Zvolte Vložit - Datum a čas
V místní nabídce kótovací čáry zvolte Rozměry.
Zvolte Vložit - Animovaný obrázek
Zvolte Prezentace - Vlastní animace
Na nástrojové liště Kresba klepněte na
Na liště Kresba otevřete nástrojovou lištu Uspořádat a klepněte na:
Na nástrojové liště Prezentace klepněte na
Informace o importních a exportních filtrech
Orientace stránky je na výšku.
Orientace stránky je na šířku.
Výsledek si můžete zkontrolovat v náhledu.
Určete formát číslování stránek.
Přizpůsobit objekt formátu papíru
Volby tohoto dialogového okna jsou uvedeny zde.
Tvary v seznamu můžete přeskupit přetažením.
Vytvoří jednu nebo více kopií vybraného objektu.
Zadejte požadovaný počet kopií.
Nevkládá úhel otočení vybraného objektu.
Vyberte barvu pro vybraný objekt.
Přejmenovat snímek Přejmenovat stránku
Přejmenuje vybraný snímekvybranou stranu.
Nastaví možnosti přechodu tvarů.
Provede plynulý přechod mezi vybranými tvary.
Nastavte typ pole.
Zobrazí aktuální hodnotu pole.
Vyberte jazyk pro pole.
Vyberte formát zobrazení pole.
Pro spuštění prezentace, použijte jeden z těchto způsobů:
Klepněte na ikonu Prezentace na nástrojové liště Prezentace.
V zobrazení Normální klepněte pravým tlačítkem do snímku a zvolte Spustit prezentaci.
Záhlaví a zápatí
Dialogové okno Záhlaví a zápatí obsahuje následující karty:
Zahrnout do snímku
Určete, které prvky chcete umístit do snímků.
Přidá datum a čas do snímku.
Zobrazí datum a čas, kdy byl snímek vytvořen.
Vyberte formát data ze seznamu.
Vyberte jazyk pro formát data a času.
Přidá číslo snímku nebo stránky.
Nezobrazovat na prvním snímku
Použít na všechny
Použije aktuální nastavení na vybrané snímky.
Vloží záchytný bod.
Vloží svislé vodítko.
Vloží vodorovné vodítko.
Vloží nový řádek nad aktivní buňku.
Existující řádky se posunou dolů.
Odstraní záchytný bod nebo vodítko.
Existující sloupce se posunou doprava.
Pro vložení vybrané části souboru:
Smazat nepoužitá pozadí
Předlohy stránky, které se nepoužily, nebudou vloženy.
Vyberte text, který chcete vložit ze seznamu.
Vloží text jako odkaz.
Odkazy jsou automaticky aktualizovány, pokud se zdrojový soubor změní.
Datum již poté neaktualizuje.
Tento časový údaj se pak již neaktualizuje.
Na liště Tabulka klepněte na Vlastnosti tabulky.
Odebere označený řádek či řádky z tabulky.
Na liště Tabulka klepněte na
Zobrazí návrhy snímků, které lze použít.
Obrátí nastavení zadané v poli čára.
Nastaví vlastnosti popisku kótování.
Určí optimální vzdálenost textu nad kótovací čarou.
Určí optimální vzdálenost textu mezi vodítky kótovací čáry.
Umístění objektu na obrazovce se přitom nezmění
Obrátí pořadí všech vybraných objektů.
Zapne nebo vypne možnost dělení slov pro vybraný objekt.
Toto nastavení můžete libovolně měnit pro každý odstavec.
Přidá nebo odebere objekty z animace.
Použít objekty jednotlivě
Smazat aktuální obrázek
Smazat všechny obrázky
Počet obrázku v animaci celkem.
Nastaví vlastnosti objektů v animaci.
Seznam animací, zobrazuje všechny animace aktuálního snímku.
Odstraní vybrané efekty animace ze seznamu animací.
S předchozím - animace se spustí okamžitě.
Umožní nastavit další vlastnosti animace.
Přehraje vybraný efekt animace v náhledu.
Akce při klepnutí myší
Akce můžete také přiřadit seskupením objektů.
Přejít na předchozí snímek
Posune se o jeden snímek zpět v prezentaci.
Přejít na následující snímek
Posune se o jeden snímek vpřed v prezentaci.
Přejít na první snímek
Přejde na první snímek prezentace.
Přejít na poslední snímek
Přejde na poslední snímek prezentace.
Přejít na stránku nebo objekt
Zobrazuje seznam snímků a objektů, které můžete vybrat.
Přechod na soubor
Otevře a zobrazí soubor během prezentace.
Určete umístění cílového dokumentu.
Určete umístění souboru, který chcete otevřít.
Spustí program během prezentace.
Vyhledá program, který chcete spustit.
Určete umístění makra, které chcete spustit.
Otevře objekt v režimu úprav.
Určí, které snímky budou zařazeny do prezentace.
Zahrne všechny snímky v prezentaci.
Zadejte číslo prvního snímku.
Vyberte druh prezentace.
Snímek je zobrazen na celou obrazovku.
Logo se nedá změnit.
Je-li toto pole zaškrtnuto, snímky se nebudou posouvat automaticky.
Zobrazí během prezentace ukazatel myši.
Ukazatel myši jako pero
Měnit snímky klepnutím na pozadí
Prezentace vždy v popředí
Pro vytvoření vlastní prezentace klikněte na Nová.
Vytvoří kopii vybrané vlastní prezentace.
Definovat vlastní prezentaci
Vytvoří vlastní prezentaci.
Zobrazí název vlastní prezentace.
Pokud chcete, můžete zadat nový název.
Zobrazí seznam všech snímků ve vlastní prezentaci.
Nastaví možnosti převodu obrázku.
Vyplní mezery v barvách, které vznikly při použití redukce bodů.
Zadejte velikost výplně pozadí.
Náhled převedeného obrázku.
Vytvoříte ho klepnutím na Náhled.
Zobrazí stav převodu.
Zobrazí náhled obrázku, který chcete převést, bez aplikování změn.
Převedeny mohou být také objekty kresby, které obsahují text.
Pro další informace se podívejte do Slovníku.
Rozpojí čáry spojené příkazem Spojit.
Vytvoří tvar ze dvou nebo více vybraných objektů.
Tento příkaz se dá nejlépe využít u překrývajících se objektů.
Jakékoliv viditelné mezery mezi objekty jsou uchovány.
Dialogové okno obsahuje následující karty:
Animovat přiložený tvar
(nic) - efekt se nebude opakovat.
Přetočit po ukončení přehrávání
Animovat jako část sekvence po kliknutí
Spustit efekt po kliknutí na
Číslo skrytého snímku je přeškrtnuto.
Snímků na řádek
Tato volba je k dispozici jen pro automatické přechody.
Zmenší nebo zvětší zobrazení aktuálního dokumentu.
Zobrazí snímek ve dvojnásobné velikosti oproti současné.
Zobrazí snímek v poloviční velikosti oproti současné.
Zobrazí snímek ve skutečné velikosti.
Vrátí zpět příkaz Předchozí přiblížení.
Zobrazí na obrazovku celý snímek.
Zobrazí celou šířku snímku.
Změní velikost zobrazení tak, aby se na obrazovce zobrazily všechny vybrané objekty.
Umístit na kružnici (perspektivně)
Vybraný objekt zdeformujete přetažením úchytu.
Umístit na kružnici (zkosit)
Zdeformuje vybraný objekt tak, že jej obtočí kolem imaginární kružnice.
Vloží záchytný bod nebo upraví jeho vlastnosti.
Vloží záchytný bod na místo, kam klepnete.
Připojí spojnici k levému okraji vybraného záchytného bodu.
Připojí spojnici k hornímu okraji vybraného záchytného bodu.
Připojí spojnici k pravému okraji vybraného záchytného bodu.
Připojí spojnici k dolnímu okraji vybraného záchytného bodu.
Pomocí Nástroje - Přizpůsobit - Nástrojové lišty můžete přidat nástrojovou lištu Dřívější obdélníky.
Zakulacený obdélník, nevyplněný
Zakulacený čtverec, nevyplněný
Nakreslí čáru od ruky podle tažení ukazatele myši.
Nakreslí vyplněnou krychli.
Skryje všechny podnadpisy vybraného nadpisu.
Zobrazí snímky pouze černobíle.
Klávesové zkratky při prezentaci
Přehrát další efekt. Pokud žádný není, přejít na další snímek.
Přejít na další snímek bez efektů.
Přehrát znovu předchozí efekt.
Přejít na předchozí snímek bez efektů.
Přejít na první snímek prezentace.
Přejít na poslední snímek prezentace.
Přejít na předchozí snímek.
Přejít na následující snímek.
Ukázat až do stisku další klávesy nebo pohybu kolečkem na myši prázdnou obrazovku.
Ukázat bílou obrazovku až do dalšího stisku klávesy nebo pohybu kolečkem na myši.
Klávesové zkratky v normálním pohledu
Přizpůsobit snímek oknu.
Dělení (÷) (na numerické klávesnici)
Přiblížit na aktuální výběr.
Seskupit označené objekty.
Zrušit označenou skupinu.
Klepnutím mimo skupinu se vrátíte k normálnímu pohledu.
Složí vybrané objekty.
Rozdělí vybraný objekt.
Klávesové zkratky při úpravách textu
Zalomit řádek bez změny odstavce
Přesunout kurzor doleva
Přesunout kurzor doleva s označením textu
Označit jednotlivá slova směrem vlevo
Přesunout kurzor doprava
Přesunout kurzor doprava s označením textu
Přejít na začátek dalšího slova
Označit jednotlivá slova směrem vpravo
Přesunout kurzor o jeden řádek nahoru
Přesunout kurzor na začátek předchozího odstavce
Přesunout kurzor o jeden řádek dolů
Přejít na začátek řádku a označit při tom text
Přejít na konec řádku a označit při tom text
Pohyb v pohledu na stránku.
Omezí pohyb vybraného objektu vodorovně nebo svisle.
Vybere objekt za právě vybraným objektem.
Vybere objekt před právě vybraným objektem.
Vybere sousední objekty nebo pasáž textu.
Vybírá objekty v pořadí, v jakém byly vytvořeny.
Ukončit aktuální režim.
Přesun na další textový objekt na snímku.
Přejde na předchozí snímek.
Na prvním snímku nemá funkci.
Přejde na následující snímek.
Na posledním snímku nemá funkci.
Křivkové objekty založené na bézierových křivkách
Mnohoúhelníkové objekty složené ze segmentů rovných čar
Pro převod objektu na křivkový obrys:
Klepněte pravým tlačítkem na objekt a zvolte Převést - Na křivku.
Klepněte pravým tlačítkem na objekt a zvolte Převést - Na mnohoúhelník.
V oblasti Skupina animace zvolte Rastrový objekt.
Vyberte animovaný objekt na vašem snímku.
Použití animačního efektu na objekt:
Pro přehrání animace klepněte na tlačítko Přehrát.
Jak použít a upravit efekt cesty:
Můžete použít předdefinovanou nebo vlastní cestu.
Pro odebrání animačního efektu z objektu:
Animace přechodů mezi snímky
Pro aplikaci přechodového efektu na snímek
Na panelu Úlohy klepněte na Přechod snímku
Vyberte přechod snímku ze seznamu.
Přechodový efekt si můžete prohlédnout v okně dokumentu.
Pro odstranění přechodového efektu
Vyberte Bez přechodu v seznamu na panelu Úlohy.
Změna pořadí snímků
V poli Výplň proveďte následující:
Přibližování pomocí klávesnice
Snímek přiblížíte stisknutím znaménka plus na numerické klávesnici.
Snímek oddálíte stisknutím znaménka mínus na numerické klávesnici.
Klávesové zkratky v prezentacích
Předlohy existují pro snímky, poznámky a osnovy.
Přidání předdefinovaného záhlaví nebo zápatí
Přidání textového objektu jako záhlaví nebo zápatí
Po skončení zvolte Zobrazit - Normální.
Přidání nebo úprava záchytných bodů
Pro vložení textu ze souboru do snímku:
Poklepejte na vložený text pro jeho upravení.
Vytvoření vlastní prezentace
Pro vytvoření vlastní prezentace:
Zvolte Prezentace - Vlastní prezentace.
Pro spuštění vlastní prezentace:
Zvolte Prezentace - Vlastní prezentace.
Vyberte místo, odkud si přejete prezentaci spustit.
Možnosti pro spuštění prezentace
Pro spuštění prezentace vždy od vybraného snímku:
Snímek není z dokumentu odstraněn.
Pro zobrazení skrytého snímku:
Přechod na další snímek bez přehrání animovaných efektů
Návrat na předchozí snímek
Přejděte na určitý snímek
Vybírání a rušení výběru snímků
Načtení stylů čar a šipek
Pro načtení souboru stylů čar:
Klepněte na ikonu Načíst styly čar.
Pro načtení souboru stylů šipek:
Prohlížení a tisk prezentace
Import a export dat
Pro vytvoření vývojového diagramu:
Přetáhněte tvar na svůj snímek.
Pro přidání dalších snímků opakujte poslední kroky.
Pro přidání více přípojných bodů opakujte poslední kroky.
Nyní máte základní náčrt pro svůj vývojový diagram.
Pro přidání textu do tvarů ve vašem vývojovém diagramu
Zapište nebo vložte text do textového objektu.
Zvolte Barva a poté klepněte na barvu v seznamu.
Pro přidání aktivních bodů, které volají jiné snímky:
Přiřaďte interakce k některým objektům ve svém snímku.
Zvolte interakci v dialogu.
Pro vložení snímku z jiné prezentace:
Otevřete prezentaci a zvolte Zobrazit - Normální.
Pro kopírování a vkládání snímků mezi prezentacemi:
Vyberte snímek (snímky) a zvolte Úpravy - Kopírovat.
Vytištění snímku, aby se vešel na papír
Otevřete dokument, který si přejete vytisknout.
V oblasti Formát papíru zvolte Formát.
Nastavení voleb tiskárny pro aktuální prezentaci
Volba rozvržení tisku pro podklady
Nastavení možností tisku pro podklady
Klepněte na kartu Podklady.
Klepněte na Použít na všechny.
Tisk podkladů nebo poznámek
Tisk rozsahu snímků
V části Oblast a kopie vyberte volbu Snímky.
Vyzkoušet časování změn snímků
Pro nastavení časování prezentace
Otevřete prezentaci a přepněte se na pohled Pořadač snímků.
Výběr objektů vespod
Prezentaci můžete spustit několika způsoby.
A poté se postupně propracujete až k poslednímu snímku.
Toto chování můžete změnit.
Prezentaci spustíte volbou Prezentace - Prezentace.
Prezentaci můžete ovládat pomocí dalších klávesových zkratek.
Zvolte Prezentace - Nastavení prezentace.
Spuštění prezentace ze souboru
Vkládání sešitů do snímků
Vložení nativní tabulky
Pro prohlédnutí snímku klepněte mimo sešit.
Vložení sešitu ze souboru
Zvolte Vytvořit ze souboru a klepněte na Hledat.
Celý sešit je vložen do vašeho snímku.
Formát - Rozvržení snímku
Převod znaků textu na objekty kresby
Pro převod textu na objekt kresby:
Obsahuje příkazy a možnosti pro spuštění prezentace.
Vodítka při přesouvání objektu
Zobrazí nebo skryje komentáře k prezentaci.
Přidá do dokumentu objekty, např. grafy, sešity či obrázky.
Chcete-li zobrazit nebo skrýt pravítka, klepněte na nabídku Zobrazit - Pravítko.
Tento nástroj se používá pro otočení objektu.
Zvolte Úpravy - Další značka
Zvolte Úpravy - Předchozí značka
Zvolte Úpravy - Další chyba
Zvolte Úpravy - Předchozí chyba
Na liště Nástroje klepněte na
Zvolte Zobrazit - Přiblížit
Zvolte Zobrazit - Oddálit
Zvolte Zobrazit - Zobrazit vše
Zvolte Zobrazit - Aktualizovat
Zvolte Zobrazit - Automatická aktualizace zobrazení
Zvolte Formát - Textový režim
Zvolte Nástroje - Importovat vzorec
Zvolte Nástroje - Přizpůsobit
Posune kurzor na další značku (doprava).
Posune kurzor na předchozí značku (doleva).
Posune kurzor na předchozí chybu (doleva).
Příkaz aktualizuje vzorec v okně dokumentu.
Vloží plus s jedním zástupným znakem.
Vloží minus s jedním zástupným znakem.
Vloží plus se dvěma zástupnými znaky.
Vloží operátor tečka se dvěma zástupnými znaky.
Vloží znak násobení hvězdička se dvěma zástupnými znaky.
Vloží zlomek se dvěma zástupnými znaky.
Vloží znaménko dělení se dvěma zástupnými znaky.
Vloží znaménko zřetězení se dvěma zástupnými znaky.
Vloží znaménko dělí se dvěma zástupnými znaky.
Vloží znaménko nedělí se dvěma zástupnými znaky.
Vloží relaci menší než se dvěma zástupnými znaky.
Vloží relaci větší než se dvěma zástupnými znaky.
Vloží relaci přibližně rovno se dvěma zástupnými znaky.
Vloží relaci rovnoběžnosti se dvěma zástupnými znaky.
menší nebo rovno (nakloněné)
větší nebo rovno (nakloněné)
je podobné nebo rovno
Vloží relaci je podobné nebo rovno se dvěma zástupnými znaky.
Vloží relaci je úměrné se dvěma zástupnými znaky.
je menší nebo rovno
je větší nebo rovno
Vloží relaci je podobné se dvěma zástupnými znaky.
Vloží relaci směřuje k se dvěma zástupnými znaky.
Vloží logickou relaci dvojitá šipka vlevo.
Vloží logický operátor předchází se dvěma zástupnými znaky.
Vloží logický operátor následuje se dvěma zástupnými znaky.
Vloží logický operátor nepředchází se dvěma zástupnými znaky.
Vloží logický operátor nenásleduje se dvěma zástupnými znaky.
Vloží logický operátor předchází nebo se rovná se dvěma zástupnými znaky.
Vloží logický operátor následuje nebo se rovná se dvěma zástupnými znaky.
Vloží logický operátor předchází nebo odpovídá se dvěma zástupnými znaky.
Vloží logický operátor následuje nebo odpovídá se dvěma zástupnými znaky.
Vloží znak limity s jedním zástupným znakem.
Vloží znak celkového součtu (sumace) s jedním zástupným znakem.
Vloží znak celkového součinu (produktu) s jedním zástupným znakem.
Vloží znak koproduktu s jedním zástupným znakem.
Vloží symbol integrálu s jedním zástupným znakem.
Vloží symbol dvojného integrálu s jedním zástupným znakem.
Vloží symbol trojného integrálu s jedním zástupným znakem.
Vloží symbol křivkového integrálu s jedním zástupným znakem.
Vloží přirozenou exponenciální funkci.
Vloží funkci sinus s jedním zástupným znakem.
Vloží funkci kosinus s jedním zástupným znakem.
Vloží funkci tangens s jedním zástupným znakem.
Vloží funkci kotangens s jedním zástupným znakem.
Vloží funkci hyperbolický sinus s jedním zástupným znakem.
Vloží symbol druhé odmocniny s jedním zástupným znakem.
Vloží funkci hyperbolický kosinus s jedním zástupným znakem.
Vloží funkci hyperbolický tangens s jedním zástupným znakem.
Vloží funkci hyperbolický kotangens s jedním zástupným znakem.
Vloží funkci arkus sinus s jedním zástupným znakem.
Vloží funkci arkus kosinus s jedním zástupným znakem.
Vloží funkci arkus tangens s jedním zástupným znakem.
Vloží funkci arkus kotangens s jedním zástupným znakem.
Vloží symbol absolutní hodnoty s jedním zástupným znakem.
Vloží funkci argument hyperbolického sinus s jedním zástupným znakem.
Vloží funkci argument hyperbolického kosinu s jedním zástupným znakem.
Vloží funkci argument hyperbolického tangens s jedním zástupným znakem.
Vloží funkci argument hyperbolického kotangens s jedním zástupným znakem.
Vloží symbol faktoriálu s jedním zástupným znakem.
Vloží zástupný znak do normálních kulatých závorek.
Vloží zástupný znak do hranatých závorek.
Dvojité hranaté závorky
Vloží zástupný znak do dvojitých hranatých závorek.
Vloží zástupný znak mezi svislé čáry.
Vloží zástupný znak mezi dvojité svislé čáry.
Vloží zástupný znak mezi špičaté závorky.
Vloží zástupný znak mezi operátorové závorky.
Kulaté závorky (zvětšující se)
Hranaté závorky (zvětšující se)
Vloží zvětšující se hranaté závorky s jedním zástupným znakem.
Velikost závorek se přizpůsobí automaticky.
Vloží zvětšující se dvojité hranaté závorky s jedním zástupným znakem.
Velikost závorek se přizpůsobí automaticky.
Svislé čáry (zvětšující se)
Dvojité svislé čáry (zvětšující se)
Špičaté závorky (zvětšující se)
Složená závorka nahoře (zvětšující se)
Složená závorka dole (zvětšující se)
Příklady jednoduchých závorek
Nezvětšující se závorky:
Více informací o závorkách najdete v části Závorky a skupiny.
Vloží zástupný znak s širokou vektorovou šipkou.
Vloží zástupný znak s čárkou.
Vloží zástupný znak s obloučkem (breve).
Vloží zástupný znak s kroužkem.
Vloží zástupný znak s vektorovou šipkou.
Vloží zástupný znak s vlnovkou.
Vloží zástupný znak s pruhem.
Vloží zástupný znak s tečkou.
Vloží zástupný znak s širokou vlnovkou.
Vloží zástupný znak s dvojitou tečkou.
Vloží čáru pod zástupný znak.
Vloží čáru přes zástupný znak (přeškrtnutí).
Vloží zástupný znak s trojitou tečkou.
Vloží zástupný znak pro průhledný znak.
Vloží zástupný znak v tučném písmu.
Vloží zástupný znak v kurzívě.
není podmnožina nebo rovno
není nadmnožina nebo rovno
Závorky a seskupení
Všechny závorky lze použít jen ve dvojicích.
Závorky mají také několik společných vlastností:
Výraz uzavřený v závorkách tudíž může být prázdný.
Následující příklady se však zobrazí jinak:
Referenční tabulky vzorců
Výrazně méně než
Dvojitá šipka vlevo
Dvojitá šipka vlevo a vpravo
Větší nebo rovno
Menší nebo rovno
Je podobné nebo rovno
Výpustka diagonálně nahoru
Levá a pravá dvojitá hranatá závorka
Dvojité hranaté závorky, zvětšující se
Svislé čáry, zvětšující se
Dvojité svislé čáry, zvětšující se
Složená závorka nahoře, zvětšující se
Složená závorka dole, zvětšující se
Levá nebo pravá složená závorka
Levá nebo pravá kulatá závorka
Levá a pravá hranatá závorka
Levá a pravá ostrá závorka
Levá a pravá svislá čára s okrajem dole
Levá a pravá svislá čára s okrajem nahoře
Exponent přímo nad znakem
Index přímo pod znakem
Určuje písma, která lze použít pro prvky vzorců.
Výběr písma pro názvy a vlastnosti funkcí.
Určení písma pro text ve vzorci.
Vybere písmo ze seznamu.
Můžete vybranému písmu přiřadit další vlastnosti.
Vzhled dialogu se mění podle zvolené kategorie.
Určuje vzdálenosti pro horní a dolní indexy.
Určuje vzdálenost mezi závorkami a obsahem.
Zvětšovat všechny závorky
Zvětšuje všechny druhy závorek.
Určuje relativní vzdálenosti mezi prvky matice.
Zarovná prvky vzorce vlevo.
Zarovná prvky vzorce na střed.
Zarovná prvky vzorce vpravo.
Před uložením změn se zobrazí dialog pro potvrzení.
Zapíná a vypíná textový režim.
Klepnutím na toto tlačítko otevřete dialogové okno Upravit symboly.
Tento příkaz otevře dialogové okno pro import vzorce.
Klávesové zkratky pro funkce vzorců
Další značka (zástupný znak)
Předchozí značka (zástupný znak)
Navigace v panelu Prvky
Šipka vlevo nebo vpravo
Přesune kurzor doleva nebo doprava na další kategorii nebo funkci.
Ruční zarovnání částí vzorce
Spojování částí vzorce pomocí závorek
Vložení zlomků do vzorce
Použijte následující zápis:
Zadávání a úpravy vzorců
Rozhraní programu lze přizpůsobit tak, aby odpovídalo vašim požadavkům.
Lze také změnit volby programu.
Příkazy v této nabídce se používají k úpravě vzorců.
V této nabídce jsou umístěny příkazy používané k formátování vzorců.
Nabídka Soubor - Exportovat
Zvolte Soubor - Odeslat - Osnova do prezentace
Zvolte Soubor - Odeslat - Osnova do schránky
Zvolte Soubor - Odeslat - Vytvořit automatický konspekt
Zvolte Soubor - Odeslat - Automatický konspekt do prezentace
Zvolte Nástroje - Automatický text
Zvolte Úpravy - Vyměnit databázi
Zvolte Úpravy - Poznámky pod čarou
Otevřete místní nabídku a zvolte Položka rejstříku
Zvolte Nástroje - Automatický text - Automatický text - Přejmenovat
Zvolte Úpravy - Položka použité literatury
Zvolte Úpravy - Režim výběru
Zvolte Úpravy - Režim přímého kurzoru
Na nástrojové liště Standardní klepněte na
Na liště Nástroje klepněte na
Na nástrojové liště Vložit klepněte na
Zvolte kartu Vložit - Pole - Další pole - Dokument
Zvolte kartu Vložit - Pole - Další pole - Křížové odkazy
Zvolte kartu Vložit - Pole - Další pole - Funkce
Zvolte kartu Vložit - Pole - Další pole - Informace o dokumentu
Zvolte kartu Vložit - Pole - Další pole - Proměnné
Zvolte kartu Vložit - Pole - Další pole - Databáze
Otevřete nástrojovou lištu Vložit a klepněte na
Otevřete místní nabídku a zvolte Popisek
Otevřete místní nabídku a zvolte Popisek - Možnosti
Zvolte Nástroje - Počet slov
Zvolte Nástroje - Poznámky pod čarou a vysvětlivky
Zvolte kartu Nástroje - Poznámky pod čarou a vysvětlivky - Poznámky pod čarou
Zvolte kartu Nástroje - Poznámky pod čarou a vysvětlivky - Vysvětlivky
Zvolte Nástroje - Seřadit
Zvolte Nástroje - Spočítat
Zvolte Nástroje - Aktualizovat
Zvolte Nástroje - Aktualizovat - Současný rejstřík
Zvolte Nástroje - Aktualizovat - Aktualizovat vše
Zvolte Nástroje - Aktualizovat - Pole
Zvolte Nástroje - Aktualizovat - Odkazy
Zvolte Nástroje - Průvodce hromadnou korespondencí
Podbody v jednotlivých úrovních
Práce s nástrojovou lištou Navigace
Umožňuje vytvořit, upravit, nebo vložit Automatický text.
Dialogové okno Automatického textu zobrazuje seznam kategorií a položek Automatického textu.
Zobrazovat zbytek názvu jako návrh při psaní
Zobrazuje název označené položky Automatického textu.
Zobrazuje zkratku označené položky Automatického textu.
Zobrazuje seznam kategorií Automatického textu.
Vloží vybraný automatický text do aktuálního dokumentu.
Nový (pouze text)
Zkopíruje vybraný automatický text do schránky.
Umožňuje přidat, přejmenovat nebo odstranit kategorie Automatického textu.
Zobrazuje název vybrané kategorie Automatického textu.
Zobrazuje seznam existujících kategorií Automatického textu a odpovídajících cest k souborům kategorií.
Uložit odkazy relativně k
Odkazy na adresáře automatického textu jsou na vašem počítači relativní.
Umožňuje změnit název položky automatického textu.
Zobrazuje název vybrané položky Automatického textu.
Vepište nové jméno pro vybranou položku Automatického textu.
Přiřadí zkratku k vybrané položce Automatického textu.
Zobrazuje zkrácený název položky použité literatury.
Tipy pro práci s položkami použité literatury.
Vypíše typ pole, které upravujete.
Zobrazuje seznam možností pole, například neměnný obsah.
Vyberte formát obsahu pole.
Zobrazuje název proměnné daného pole.
Zobrazuje hodnotu proměnné daného pole.
Chcete-li, můžete zadat novou hodnotu.
Chcete-li, můžete zadat novou podmínku.
Zobrazuje text, který je spojen s podmínkou.
Zobrazuje vzorec pole se vzorcem.
Umožňuje upravit vybranou poznámku pod čarou nebo vysvětlivku.
Vyberte typ číslování pro poznámky pod čarou nebo vysvětlivky.
Změní vysvětlivku na poznámku pod čarou.
Změní poznámku pod čarou na vysvětlivku.
Čáry označující hranice nebudou vytištěny.
Zobrazí nebo skryje skryté odstavce.
Pokud není splněna, odstavec je zobrazen a může být také vytištěn.
Zvolte typ zalomení, které chcete vložit.
Upravitelné v dokumentu jen pro čtení
Udává odsazení před sekcí u levého okraje.
Udává odsazení za sekcí u pravého okraje.
Pro ukotvení poznámky pod čarou nebo vysvětlivky se vloží speciální znak.
Číslování vysvětlivek nijak nesouvisí s číslováním poznámek pod čarou.
Číslování podle kapitol
Specifikuje znakový styl.
Nastavte možnosti tisku pro obálku.
Vytvoří nový dokument a vloží do něj obálku.
Vloží obálku před aktuální stránku dokumentu.
Jak smazat obálku z dokumentu
Klepněte pravým tlačítkem myši na pole ve stavovém řádku s textem "Obálka".
Zobrazí se podnabídka s několika styly stránky.
Z podnabídky zvolte styl stránky "Výchozí".
Tím se odstraní speciální formátování "Obálka".
Smažte rámce pro odesílatele a příjemce.
Nastaví polohu adresy příjemce na obálce.
Nastaví polohu adresy odesílatele na obálce.
Zadejte šířku obálky.
Zadejte výšku obálky.
Zadejte velikost posunutí tiskové oblasti dolů.
Chcete-li ukončit tento dialog, klepněte na tlačítko Zavřít.
Pro pole spojené s podmínkou zadejte její kritéria zde.
Zadejte hodnotu pro zvolené pole.
Pro pole Vstupní seznam budou zobrazeny následující ovládací prvky:
Zadejte novou položku.
Přidá obsah pole Položka do seznamu.
Odstraní zvolenou položku ze seznamu.
Posune vybranou položku v seznamu výše.
Posune vybranou položku v seznamu níže.
Zadejte jedinečný název pro pole typu Vstupní seznam.
Vloží číslo verze aktuálního dokumentu.
Vloží množství času stráveného úpravami dokumentu.
Naproti tomu hodnota uživatelem definovaného pole má globální platnost.
Vloží uživatelsky definovanou globální proměnnou.
Uživatelem definovaná pole jsou dostupná pouze v aktuálním dokumentu.
Nastaví volby pro vynulování číslování kapitol.
Vloží číslo zvoleného databázového záznamu.
Použije formát definovaný ve vybrané databázi.
Zvolený soubor bude přidán do seznamu Výběr databáze.
Seznam formátů definovaných uživatelem
Tisk formulářového dopisu
Pole data a času
Přejde na další vstupní pole dokumentu.
Podmínky můžete definovat pro následující typy polí:
Podmínka je vždy splněna.
Podmínka není splněna.
Proměnné založené na uživatelských údajích
Následující tabulka obsahuje proměnné s uživatelskými údaji a jejich význam:
Podmínky a databázová pole
V definici podmínek můžete použít databáze nebo databázová pole.
Příklady použití podmínek v polích
Chcete-li zobrazit podmíněný text v závislosti na číslování stránek:
V seznamu Typ vyberte "Podmíněný text".
Klepněte na Vložit a poté na Zavřít.
V seznamu Typ klepněte na "Nastavit proměnnou".
V seznamu Typ vyberte "Pole standardního dopisu".
V dialogu Pole klepněte na kartu Funkce.
V seznamu Typ vyberte "Podmíněný text".
Použít pro všechny podobné texty
Text v nadpisech, zápatí, rámcích a popiskách je ignorován.
Pouze celá slova
Označí položku rejstříku v textu.
Nový rejstřík (vytvořený uživatelem)
Zadejte jméno pro nový uživatelem definovaný rejstřík.
Použití obsahů a rejstříků
Styly odstavců zde můžete i upravovat.
Vyberte úroveň rejstříku, jejíž formátování měníte.
Zformátuje vybranou úroveň rejstříku pomocí vybraného stylu odstavce.
Vložit - Obsah a rejstřík - Položka rejstříku
Sloučit stejné položky
Sloučit do intervalu
Rozlišuje mezi velkými a malými písmeny u shodných položek.
Pro asijské jazyky se uplatní zvláštní zacházení se znaky.
Automaticky převede první písmeno položky rejstříku na velké.
Klíče jako oddělené položky
Vloží klíče rejstříku jako samostatné položky.
Pro přidání položky do rejstříku vyberte dialog Vložit položku rejstříku.
Vyberte, vytvořte nebo upravte "párovací soubor".
Nastavuje možnosti pro řazení položek rejstříku.
Vytvořit z následujících objektů
Automaticky čísluje položky literatury.
Vyberte závorky, do kterých chcete uzavřít odkazy na literaturu.
Vytvoří položky rejstříku z určitých stylů odstavců.
Vyberte úroveň, kterou chcete vytvořit nebo upravit.
Struktura a formátování
Vloží text nadpisu kapitoly.
Vloží číslo stránky výskytu položky.
Vyberte vodící znak pro tabulátor.
Zarovná tabulátor k pravému okraji stránky.
Vyberte, zda se má číslo kapitoly zobrazovat s oddělovačem nebo bez něho.
Vyhodnotit až do úrovně
Určete formát abecedního rejstříku.
Znakový styl pro hlavní položky
Seznam tabulek má pouze jednu úroveň.
Položky (definované uživatelem)
Určete formát pro položky uživatelem definovaného rejstříku.
Tabulka objektů má pouze jednu úroveň.
Určete formát položek seznamu použité literatury.
Vypíše dostupné položky použité literatury.
Nové položky přidávejte pomocí dialogového okna Definovat položku použité literatury.
Odstraní vybraný kód odkazu z řádku Struktura.
Nastavte možnosti řazení pro položky literatury.
Vyberte položku, podle které chcete řadit literaturu.
Seřadí položky literatury vzestupně podle abecedy.
Seřadí položky literatury sestupně podle abecedy.
Změnit obsah položky použité literatury.
Ikona na nástrojové liště Vložit:
Nakreslí rámec tažením v dokumentu.
Změna velikosti a přesun rámců (objektů) pomocí klávesnice
Zadejte název tabulky.
Nastavte možnosti tabulky.
Vloží do tabulky záhlaví.
Zabrání tabulce přesáhnout víc než jednu stranu.
Změní zdroj dat pro aktuální dokument.
Seznam aktuálně používaných databází.
Vybraný soubor se přidá do seznamu dostupných databází.
Chcete-li vyměnit databázi:
V seznamu Dostupné databáze vyberte databázovou tabulku, která původní tabulku nahradí.
Chcete-li nastavit formát zápatí, vyberte Formát - Strana - Zápatí.
Nastavení dělení slov v textových dokumentech.
Automaticky vkládá spojovníky na potřebná místa.
Nastavení zalomení sloupce nebo řádku.
Vyberte typ zalomení, který chcete vložit.
Vyberte, kam chcete zalomení vložit.
Pro označené odstavce se použije nastavení iniciál.
Zahrnout tento odstavec do číslování řádků
Restartovat na začátku tohoto odstavce
Přidá k aktuálnímu stylu stránky mřížku textu.
Přidá poznámky pod čarou až na konec sekce.
Restartuje číslování poznámek pod čarou u určeného čísla.
Určuje uživatelský formát číslování poznámek pod čarou.
Rozevírací seznam pro vlastní formát
Shromáždit na konci sekce
Přidá vysvětlivky na konec sekce.
Restartuje číslování vysvětlivek u určeného čísla.
Určuje uživatelský formát číslování vysvětlivek.
Řádků na stránku
Zadejte základní velikost textu.
Při větších hodnotách bude na řádku méně znaků.
Nastavení obtékání textu.
Změní obrys vybraného objektu.
Zobrazuje náhled objektu.
Použije obrys na vybraný objekt.
Odstraní uživatelský obrys.
Klepněte zde a poté klepněte do oblasti náhledu.
Umožňuje změnit tvar obrysu.
Klepněte zde a přetáhněte úchyty obrysu.
Vrátí zpět poslední akci.
Obnoví akci naposledy vrácenou příkazem Zpět.
Klepněte na toto tlačítko a poté klepněte na barvu v rastru.
Na všech stránkách
Zobrazuje cestu k odkazovanému obrázku.
ukazatel myši se přesune na objekt
klepnutí na hypertextový odkaz přiřazení objektu
ukazatel myši se přesune z objektu
zadání řídících znaků, např. tabulátoru nebo zalomení řádku
změna velikosti rámce
před vložením automatického textu
po vložení automatického textu
Zadejte název hypertextového odkazu.
Vyberte typ obrázkové mapy, kterou chcete použít.
Obrázková mapa na straně serveru
Použije se obrázková mapa na straně serveru.
Obrázková mapa na straně klienta
Zadejte název vybraného objektu.
Nastavení ochrany vybraného objektu.
Brání změnám obsahu vybraného objektu.
Obsah vybraného prvku můžete zkopírovat.
Uzamkne velikost vybraného objektu.
Nastavení tisku a toku textu pro vybraný objekt.
Upravitelné v dokumentu jen pro čtení (jen rámce)
Při tisku dokumentu se tiskne i vybraný objekt.
Určení šířky sloupce.
Zadejte interní název tabulky.
Zadejte šířku tabulky.
Nastavení zarovnání pro vybranou tabulku.
Zarovná tabulku na střed stránky.
Upravit sloupce rovnoměrně
Nastavení šířky sloupců tabulky.
Zadejte požadovanou šířku sloupce.
Úprava tabulek pomocí klávesnice
Měnit velikost a mazat sloupce tabulky můžete pomocí klávesnice.
Změna velikosti sloupců a řádků
Vložení a odstranění sloupců nebo řádků
Vloží zalomení stránky před nebo po tabulce.
Vloží zalomení stránky nebo sloupce před tabulku.
Vloží zalomení stránky nebo sloupce po tabulce.
Povolit rozdělení tabulky přes stránky a sloupce
Povolit rozdělení řádku přes stránky a sloupce
Zadejte počet řádků, které se mají zahrnout do záhlaví.
Chrání obsah označených buněk před změnami.
Označí řádek, který obsahuje kurzor.
Změní výšku vybraných řádků.
Zadejte výšku pro vybrané řádky.
Toto je výchozí nastavení pro nové tabulky.
Označí sloupec, který obsahuje kurzor.
Změní šířku označených sloupců.
Změna ovlivní pouze vybrané buňky.
Určuje, kam se mají sloupce či řádky vložit.
Pomocí stylů rámce můžete formátovat textové a grafické rámce.
Zobrazuje styly, které odpovídají aktuálnímu kontextu.
Zobrazuje všechny styly aktivní kategorie.
Zobrazuje uživatelem definované styly ve zvolené kategorii stylů.
Zobrazuje styly pro formátování textu.
Zobrazuje styly pro formátování nadpisů.
Zobrazuje styly pro formátování rejstříků.
Zobrazuje uživatelem definované podmíněné styly.
Zobrazuje styly pro formátování znaků.
Zobrazuje styly pro formátování rámců.
Pomocí stylů rámců můžete určit rozvržení a umístění rámců.
Zobrazuje styly pro formátování stránek.
Zobrazuje styly pro formátování číslovaných a odrážkových seznamů.
Otevře podnabídku s dalšími příkazy.
Další informace o stylech.
Použít a upravit změny
Otevře dialogové okno Automatické opravy.
Použití automatického formátu na tabulku
Seznam dostupných stylů pro formátování tabulky.
Přidá nový styl tabulky do seznamu.
Naformátujte tabulku v dokumentu.
Vyberte tabulku a zvolte Tabulka - Styly automatického formátu.
Zahrne do vybraného stylu tabulky formát číslování.
Zahrne do vybraného stylu tabulky formát písma.
Zahrne do vybraného stylu tabulky nastavení zarovnání.
Zahrne do vybraného stylu tabulky styl ohraničení.
Seznam dostupných kategorií šablon.
Seznam dostupných šablon ve vybrané kategorii.
Automatické dělení slov můžete také povolit přímo ve stylu odstavce.
Dělení zobrazeného slova přijmete klepnutím na Rozdělit.
Rozdělení zobrazeného slova odmítnete klepnutím na tlačítko Přeskočit.
Toto slovo nebude rozděleno.
Dělení slov ukončíte klepnutím na tlačítko Zavřít.
Dělení slov, které jste již provedli, nebude navráceno.
Vloží spojovník na určené místo ve slově.
Římské číslice (velké)
Římské číslice (malé)
Očísluje poznámky pod čarou za sebou, tak jak jsou v dokumentu.
Zadejte číslo první poznámky pod čarou v dokumentu.
Zadejte číslo první vysvětlivky v dokumentu.
Převést text na tabulku
Stejná šířka všech sloupců
Seřadí vybrané odstavce, nebo řádky tabulek abecedně či číselně.
Umožní určit další kritéria řazení.
Kombinovat lze také klíče, podle kterých se řadí.
Odstavce jsou odděleny netisknutelnými řídícími znaky.
Vyberte jazyk, podle kterého jsou definována pravidla řazení.
Některé jazyky řadí speciální znaky odlišně než jiné.
Aktualizuje současný rejstřík.
Současný rejstřík je ten, ve kterém se právě nachází kurzor.
Následující příkazy jsou také přístupné z místní nabídky:
Upraví aktuální rejstřík nebo tabulku.
Smaže aktuální rejstřík nebo tabulku.
Přidá čísla řádků do aktuálního dokumentu.
Nastavte vlastnosti pro číslování řádků.
V případě, že je řádek již očíslován, se znak oddělovače nezobrazí.
Restartovat každou novou stránku
Aktualizuje obsah všech polí v dokumentu.
Aktualizuje odkazy v dokumentu.
Aktualizuje všechny grafy v dokumentu .
Použít aktuální dokument
Začít s existujícím dokumentem
Začít z naposledy uloženého počátečního dokumentu
Vytvoří dokument hromadné korespondence pro tisk.
Průvodce hromadnou korespondencí - Vložit blok s adresou
Tento dokument by měl obsahovat blok s adresou
Přidá blok s adresou do dokumentu hromadné korespondence.
Vyberte vzhled bloku s adresou, který chcete použít.
Potlačit řádky s prázdnými poli
Otevře dialog Přiřadit pole....
Tento dokument by měl obsahovat oslovení
Přidá personalizované oslovení pro příjemce hromadné korespondence.
Chcete-li použít obecné oslovení, zrušte zaškrtnutí tohoto pole.
Vyberte personalizované oslovení, je-li příjemcem žena.
Otevře dialog Vlastní oslovení (pro ženy).
Vyberte personalizované oslovení, je-li příjemcem muž.
Otevře dialog Dialog vlastní oslovení (pro muže).
Zobrazí náhled oslovení.
Přizpůsobí seznam adres pro dokumenty hromadné korespondence.
Vloží nové textové pole.
Odstraní vybrané pole.
Přejmenuje vybrané pole.
Pole můžete přidat vícekrát.
Odstraní vybraná pole z bloku nové adresy.
Přetáhněte prvky oslovení do rámečku níže
Pole uspořádejte buď metodou táhni a pusť, nebo použijte tlačítka se šipkami.
Přidá personalizované oslovení.
Otevře dialog Personalizované oslovení pro příjemce-ženu.
Otevře dialog Personalizované oslovení pro příjemce-muže.
Zadejte hledaný text.
Omezí hledání na jedno pole.
Zobrazí následující záznam s hledaným textem.
Stejný prvek můžete přidat i opakovaně.
Umístěte pole pomocí myši nebo šipek.
Přidá nový záznam do seznamu adres.
Smaže vybraný záznam.
Zamezí vložení země nebo regionu do bloku s adresou.
Vloží zemi nebo region do bloku s adresou.
Smaže vybraný blok s adresou.
Spojí označený rámec s jiným rámcem.
Text automaticky přeteče z jednoho rámce do druhého.
Zruší propojení rámců.
Přiblíží pohled na dokument.
Určuje počet řádků.
Určuje počet sloupců.
Zobrazuje pozici buňky s kurzorem v tabulce.
Adresy buněk se také zobrazí ve vstupním řádku.
Základní funkce v podnabídce
Příklad použití seznamu:
Méně než nebo rovno
Více než nebo rovno
Proměnné pro vlastnosti dokumentu
Počet znaků v dokumentu
Počet slov v dokumentu
Počet odstavců v dokumentu
Počet obrázků v dokumentu
Počet tabulek v dokumentu
Celkový počet stránek v dokumentu
Vybrat další rám
Nastavit zaměření na pole Použít styl
Vložit nebo upravit tabulku
Zalomit sloupec v textech s více sloupci
Vložit do seznamu nový odstavec bez číslování.
Přejít na začátek slova
Označit do začátku odstavce.
Další stisk klávesy rozšíří výběr k začátku předchozího odstavce
Přesunout kurzor na začátek následujícího odstavce.
Označit do konce odstavce.
Další stisk klávesy rozšíří výběr ke konci dalšího odstavce
Přejít na začátek řádku
Přejít na konec řádku
Přejít na začátek dokumentu
Přejít na začátek textu a označit text jako blok
Přejít na konec dokumentu
Přejít na konec textu a označit text jako blok
Přepnout kurzor mezi textem a záhlavím
Přepnout kurzor mezi textem a zápatím
Posunout náhled obrazovky nahoru
Posunout náhled obrazovky nahoru a označit jako blok
Posunout náhled obrazovky dolů
Posunout náhled obrazovky dolů a označit jako blok
Odstranit text směrem ke konci slova
Odstranit text směrem k začátku slova
Odstranit text směrem ke konci věty
Odstranit text směrem k začátku věty
Další návrh funkce Automatické dokončování slov
Předchozí návrh funkce Automatické dokončování slov
Vloží obsah schránky jako neformátovaný text.
Přesunout aktuální odstavec nebo označené odstavce o jeden odstavec nahoru
Přesunout aktuální odstavec nebo odstavce označené jako blok o odstavec níže
Vloží tabulátor (jen v tabulkách).
Odstranit ochranu buněk ve všech vybraných tabulkách.
Změnit velikost posunutím pravého dolního rohu
Změnit velikost posunutím levého horního rohu
Vybere ukotvení objektu (v režimu Upravit body).
Uspořádání kapitol v Navigátoru
Posunutí nadpisu v dokumentu nahoru nebo dolů
Ujistěte se, že se v Navigátoru zobrazují všechny úrovně nadpisů.
Ve výchozím nastavení se zobrazují všechny úrovně.
Zvýšení nebo snížení úrovně nadpisu
Vyberte nadpis ze seznamu Navigátoru.
Změna počtu zobrazených úrovní nadpisu
Vytváření číslovaného nebo odrážkového seznamu
Povolit automatické číslování a odrážky
Pro vytvoření číslovaného nebo odrážkového seznamu při psaní
Další odstavec bude mít automaticky další číslo nebo odrážku.
Odstranění slova ze seznamu automatických oprav
Klepněte na kartu Nahradit.
Vypnutí nahrazování uvozovek
Klepněte na kartu Místní možnosti.
Zrušte zaškrtnutí pole „Nahradit“.
Vypnutí psaní velkého prvního písmena věty
Klepněte na kartu Možnosti.
Zrušte zaškrtnutí pole „Použít ohraničení“.
Automatická oprava textu během psaní
Zvolte Nástroje - Automatická kontrola pravopisu.
Vynechat slovo z kontroly pravopisu
Vyberte slova, která chcete vyloučit.
Vyberte kategorii, ve které chcete automatický text uložit.
Napište název delší jako čtyři znaky.
Pokud si přejete, je možné změnit navrhovanou zkratku.
Klepněte na tlačítko Automatický text a potom vyberte Nový.
Klepněte na tlačítko Zavřít.
Vložení položky automatického textu
Použití automatického textu v síťových instalacích
Jsou zde zobrazeny dva adresáře.
Nastavení barvy pozadí nebo obrázku na pozadí
Přiřazení pozadí ke znakům
Přiřazení pozadí k odstavci
Umístěte kurzor do odstavce nebo vyberte několik odstavců.
Vyberte Formát - Odstavec.
Jinou možností je vybrat objekt pomocí Navigátoru.
Umístěte kurzor do tabulky v textovém dokumentu.
Pozadí stránky jako styl
Zvolte Formát - Stránka - Ohraničení.
Uživatelsky definovaná ohraničení v textových dokumentech
Jedna buňka v tabulce, buňka je vybrána
Buňky vybrané ve sloupci
Buňky vybrané v řádku
Tato možnost odebere všechny vnější a vnitřní čáry.
Vnitřní čáry nebudou změněny.
Vyberte silný styl čáry.
Výpočty v textových dokumentech
Vyberte vzorec v textu.
Vybraný vzorec bude nahrazen výsledkem.
Součet rozsahu buněk tabulky
Výpočet složitých vzorců v textových dokumentech
Pro úpravu vzorce poklepejte do pole v dokumentu.
Čísla kapitol mohou být vložena do popisků.
Vytvoření stylu stránky založeného na aktuální stránce
Použití vlastního stylu odstavce jako nadpisu
Vyberte vlastní styl v poli Styl odstavce.
Vytvoření podmíněné proměnné
V seznamu Typ klepněte na „Nastavit proměnnou“.
V seznamu Formát klepněte na „Text“.
V seznamu Typ klepněte na „Podmíněný text“.
Zobrazení podmíněného textu
Seznam podmínkových operátorů
Přesouvání a kopírování textu v dokumentech
K ukazateli myši přibude znaménko plus (+).
Přeměna pole na text
Vyberte pole a zvolte Úpravy - Vyjmout.
Přesune ukazatel myši na odkaz.
Otevře dialog pro úpravu obsahu pole.
Vložení proměnného nebo pevného pole data
Přidání vstupního pole
V seznamu Typ klikněte na "Vstupní pole".
Klepněte na Vložit a zadejte text proměnné.
Dotazování na uživatelské údaje v polích a podmínkách
Zvolte Vložit - Sekce.
V oblasti Skrýt zaškrtněte pole Skrýt.
Klepněte na tlačítko Vložit a uložte dokument.
Klepněte buď na tlačítko Nahradit nebo Nahradit vše.
Klepněte na tlačítko Formát.
Klepněte na tlačítko Najít další nebo Najít vše.
Vložení čísel následujících stránek
V dialogu Pole klepněte na kartu Dokument.
Pro vložení pole s číslem stránky klepněte na tlačítko Vložit.
Vkládání čísel stránek do zápatí
Vložení čísla stránky
Zvolte Vložit - Pole - Číslo stránky.
Doplnění celkového počtu stránek
Vkládání a úpravy poznámek pod čarou a vysvětlivek
V oblasti Typ vyberte Poznámka pod čarou, nebo Vysvětlivka.
Úprava poznámky pod čarou nebo vysvětlivky
Klepněte do poznámky pod čarou nebo do vysvětlivky.
V poli Barva vyberte „Bílá“.
Zadejte hodnoty do polí Nahoře a Dole.
Hlavní dokument a jeho přílohy
Vlastnosti hlavního dokumentu
Příklad použití stylů
Navigátor v hlavním režimu
Práce s hlavním dokumentem a jeho přílohami
Vytvoření hlavního dokumentu
Zvolte Soubor - Uložit.
Úprava hlavního dokumentu
Začátky příloh na nové stránce
O záhlaví a zápatí
Záhlaví a zápatí budou přidány k aktuálnímu stylu stránky.
Vytvoření stylu odstavce pro názvy kapitol
Zadejte mezeru do pole Za.
Klepněte do záhlaví nebo zápatí.
Pro skrytí proměnné ve vašem dokumentu zaškrtněte pole Neviditelný.
V seznamu Typ klepněte na „Skrytý text“.
Zadejte výraz do pole Podmínka.
V seznamu Typ klepněte na „Skrytý odstavec“.
Zobrazení skrytého textu
Vytváření textu, který se nebude tisknout
Vložit - Pole - Další pole
Vložit - Sekce
Vkládání hypertextových odkazů pomocí navigátoru
Otevřete dokument(y) obsahující prvky, na které chcete odkazovat.
Na liště Standardní klepněte na ikonu Navigátoru.
Zákaz dělení určitých slov
Klepněte na Nový a potom na tlačítko Zavřít.
Odsazení můžete nastavit také pomocí pravítka.
Pro zobrazení pravítka zvolte Zobrazit - Pravítko.
Formát - Odstavec - Odsazení a rozestupy
Aktualizace, úpravy a odstraňování rejstříků a obsahů
Umístěte kurzor do rejstříku nebo obsahu.
Klepněte pravým tlačítkem a z nabídky zvolte možnost úprav.
Vytvoření rejstříkového souboru
Rejstříky pokrývající více dokumentů
Vyberte možnosti, které chcete.
Zvolte Nástroje - Aktualizovat - Všechny rejstříky a tabulky.
Je možné vytvořit takové množství uživatelských rejstříků, jaké potřebujete.
Vytvoření uživatelského rejstříku
Vložení uživatelem vytvořeného rejstříku
Vložení textu před tabulku na začátek stránky
Vložení obrázku ze souboru
Otevřete dokument, do kterého si přejete vložit objekt.
Vložení naskenovaného obrázku
Řiďte se instrukcemi pro skenování.
Vyberte všechny odstavce v seznamech.
Přechod na určitou záložku
Vložení textových tabulek
Zadávání a formátování textu
Automatické zadávání a formátování textu
Použití stylů, číslování stránek, použití polí
Úpravy tabulek v textu
Obrázky, kresby, písmomalba
Záhlaví, zápatí, poznámky pod čarou
Úpravy jiných objektů v textu
Kontrola pravopisu, slovníky, dělení slov
Práce s dokumenty
Navigátor v textových dokumentech
V oblasti Vlastnosti zrušte zaškrtnutí pole Tisk.
Zapnutí a vypnutí rozpoznávání čísel v tabulkách
Klepněte na „Interval číslování“ v seznamu Typ.
Vkládání a odebírání zalomení stránky
Vložení ručního zalomení stránky
Smazání ručního zalomení stránky
Pravým tlačítkem klepněte do tabulky a zvolte Tabulka.
Zrušte zaškrtnutí pole Zalomení.
Změna pozadí stránky
Pro změnu pozadí stránky
Klepněte na ikonu Styly stránky.
Pokud se chcete dozvědět více, zhlédněte odkaz Pro změnu pozadí stránky.
Pro použití různých pozadí stránek ve stejném dokumentu
Vyberte Zalomení stránky.
Vložení čísel stránky
Začít určitým číslem stránky
Možná potřebujete nad číslováním stránek více kontroly.
Klepněte do prvního odstavce vašeho dokumentu.
Poklepejte přímo před pole čísla stránky.
Objeví se dialog Upravit pole.
Dva stránkové styly musí být odděleny zlomem stránky.
Přiřazení odlišného stránkového stylu první straně
Klepněte do první stránky vašeho dokumentu.
Poklepejte na styl „První stránka“.
Ruční vložení změny stylu stránky
V seznamu Styl zvolte stránkový styl.
Můžete také nastavit nastavit nové číslo strany.
Napřed budete možná potřebovat vytvořit nový styl stránky.
Změna orientace stránky
Změna orientace všech stran
Klepněte na kartu Stránka.
V sekci Formát papíru zvolte “Na výšku” nebo “Na šířku”.
Změna orientace pouze některých stran
Klepněte pravým tlačítkem na styl stránky a vyberte Nový.
Rozsah stylů stránek
Ručně stanovený rozsah stylu stránky
Proveďte jednu z následujících možností:
Dále aktivujte Povolit a Se stylem.
Vyberte styl stránky ze seznamu.
Vytváření a používání stylů stránky
Vytvoření nového stylu stránky
Přiřazení stylu stránky
Poklepejte na název stylu v seznamu.
Přiřazení stylu stránky nové stránce
V dialogu Tisk klepněte na tlačítko Vlastnosti.
Tisk více stránek na jednu stranu
Malý náhled ukáže rozvržení stránek.
Na vybrané stránky použijte upravený styl stránky.
Klepněte na kartu Obecné.
Vyberte Vytisknout v opačném pořadí.
Obnovení vlastností písma
Pro zobrazení nebo skrytí pravítek zvolte Zobrazit - Pravítko.
Zaškrtněte pole Regulární výrazy.
Zvolte Formát - Sekce.
Na normální text převedete sekci klepnutím na Odstranit.
Formát - Sekce
Pro vložení nové sekce
Nastavte volby sekce a klepněte na tlačítko Vložit.
Pro vložení sekce jako odkaz
V oblasti Odkaz zaškrtněte pole Odkaz.
Pro zabránění editace určité části textu.
Pro zobrazení nebo skrytí textu.
Jedna sekce většinou obsahuje jeden odstavec.
Sekce a sloupce
Vkládat sekce je možné také do existujících sekcí.
Použití formátování textu při psaní
Pro použití tučného písma
Vyberte text, který si přejete formátovat.
Pro použití kurzívy
Vyberte text, který si přejete podtrhnout.
Klávesové zkratky pro textové dokumenty
Používání stylů v režimu vyplňování formátů
Vytvoření nového stylu z výběru
Vytvoření nového stylu z ručně formátovaného výběru
Vytvoření nového stylu přetažením myší
Aktualizace stylu z výběru
Vytvoření horního a dolního indexu
Nástroje - Automatické opravy - Nahradit
Sloučení a rozdělení buněk
Označte sousedící buňky.
Zvolte Tabulka - Sloučit buňky.
Vložení tabulky z nástrojové lišty
Vložení tabulky příkazem z nabídky
V sešitu táhněte myší přes vybrané buňky.
V textovém dokumentu proveďte jednu z následujících věcí:
Pouze text s tabulátory jako oddělovači
Struktura a obsah tabulky bez formátování. S aktualizováním
Ve vybraných buňkách stiskněte a držte tlačítko myši.
Přetáhněte vybrané buňky do textového dokumentu.
Opakování záhlaví tabulky na každé stránce
Vyberte počet řádků a sloupců tabulky.
Ukazatel myši se změní na šikmou šipku.
Tabulku vyberete klepnutím.
Ukazatel myši se změní na šipku.
Klepnutím označíte řádek nebo sloupec.
Změna velikosti řádků a sloupců v textové tabulce
Změna šířky sloupců a buněk
Změna šířky sloupce
Změna šířky buňky
Změna výšky řádku
Změna velikosti celé tabulky
Klepněte do tabulky.
Úpravy řádků a sloupců pomocí klávesnice
Proměnné - změny ovlivní velikost tabulky.
Šablony a styly
V oblasti Efekty vyberte požadované animace.
Zarovnání textu na střed stránky pomocí rámce
Vyberte Vložit - Rámec.
V nabídce Ukotvit zvolte Ke stránce.
V oblasti Velikost nastavte rozměry rámce.
Pro změnu velikosti rámce táhněte myší za jeho okraje.
Použití přímého kurzoru
Vyberte text a poté zvolte Vložit - Rámec.
Použijte nástroj Text z nástrojové lišty Kresba.
Můžete také na vybraný rámec klepnout pravým tlačítkem a zvolit Formát.
Vyloučení textu z tisku
Na okrajích rámce se objeví úchyty pro výběr.
Klepněte na rámec, s kterým chcete propojit první rámec.
Propojit rámce je možné, jen když:
Cílový rámec je prázdný.
Cílový rámec není propojen s jiným rámcem.
Zdrojový rámec nemá další propojení.
Procházení a vybírání textu pomocí klávesnice
Šipka vlevo, vpravo
Šipka nahoru, dolů
Přesune kurzor o řádek nahoru nebo dolů.
Přesune kurzor na začátek aktuálního řádku.
Přesune kurzor na začátek dokumentu.
Přesune kurzor na konec aktuálního řádku.
Přesune kurzor na konec dokumentu.
Přesune kurzor o stránku nahoru.
Přesune kurzor do záhlaví.
Přesune kurzor o stránku dolů.
Přesune kurzor do zápatí.
Vyberte ikonu Text .
Klepněte na ikonu Otočit icon na nástrojové liště Vlastnosti objektu kresby.
Táhněte za jeden z rohových řídících bodů textového objektu.
Vložení celého textového dokumentu
Vložení textového souboru
Vložení celého textového dokumentu jako odkaz
Pokud si přejete, nastavte pro sekci formátování.
Automatické dělení slov odstavce
Pravým tlačítkem klepněte do odstavce a zvolte Odstavec.
V oblasti Dělení slov zaškrtněte pole Automaticky.
Automatické dělení slov ve vícero odstavcích
Ruční rozdělení slova dle výběru
Vyberte text, ve kterém si přejete dělit slova.
Přidání číslování k seznamu
Vyberte odstavec (odstavce), kterým si přejete přidat číslování.
Použití ručního číslování
Použití číslování pomocí stylu odstavce
Dokončování slov v textových dokumentech
Vypnutí dokončování slov
Vyberte Nástroje - Automatické opravy - Nastavení automatických oprav - Dokončování slov.
Vyladění doplňování slov
Ladění dokončování slov textového dokumentu
Vložení přídavné mezery
Vyberte Přidat mezeru.
Volba potvrzovací klávesy
Volba minimální délky slova
Volba působnosti shromážděných slov
Použití seznamu slov pro další relace
Funkce dokončování slov tato slova shromáždí.
Vyberte všechny nebo některé ze slov v seznamu.
Použití dokončování slov
Soubor - Vlastnosti - Statistika
Obtékání textu okolo objektů
Obtékání textu okolo objektu
Aktuální styl obtékání je označen odrážkou.
Upřesnění vlastností obtékání
Nastavte požadované volby.
Změna obrysu obrázku pro obtékání
Můžete změnit tvar, podle kterého bude text okolo objektu obtékán.
Zavřete okno Editor obrysů.
Klepnutím na ikonu „Zastavit“ vykonávání programu zastavíte.
Program zastavíte pomocí ikony „Zastavit“.
Zvolte nabídku Zobrazit - Nástrojové lišty a vyberte položku Hromadná korespondence
Upravit jednotlivé dokumenty
Nabídky, nástrojové lišty a klávesové zkratky
Obrázky a grafy
Zobrazí nebo skryje komentáře k dokumentu a odpovědi na ně.
